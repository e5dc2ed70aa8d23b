"""How bytes are fetched: delivered files in, relations with file and line out.

`examine` looks at a whole file and refuses what cannot be read; `relation` turns examined files into the text of a
DuckDB query whose rows carry `source_file`, `source_line`, and what was wrong with a row's shape.
"""

from ingest.transports.examine import ExaminedFile, UnreadableFileError, examine
from ingest.transports.form import TableForm
from ingest.transports.relation import SHAPE_COLUMNS, relation

__all__ = ["SHAPE_COLUMNS", "ExaminedFile", "TableForm", "UnreadableFileError", "examine", "relation"]
