"""Reads a source folder: which tables a system delivers, how they are written, and one SELECT per canonical dataset."""

from ingest.mapping.folder import Mapping, SourceFolder, SourceTable, load_source_folder
from ingest.mapping.match import match_files

__all__ = ["Mapping", "SourceFolder", "SourceTable", "load_source_folder", "match_files"]
