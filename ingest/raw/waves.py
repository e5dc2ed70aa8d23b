"""A delivery too large for one go, in waves: each is taken in and committed before the next is read.

Event streams alone are divided, since they need no other file's rows: what a wave holds is bounded in memory, and a
night that is killed continues with the wave it was in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.contracts.model import load_contracts
from ingest.mapping import SourceFolder
from ingest.raw.deliveries import DeliveredFile

# A file of ten million readings, which takes 1 GB of memory to take in.
WAVE_BYTES = 640 << 20


def in_waves(
    files: Sequence[DeliveredFile], text_bytes: Mapping[int, int], folders: Mapping[str, SourceFolder]
) -> list[list[DeliveredFile]]:
    """Divide the new files, in their order. The first wave holds everything that is no event stream.

    `text_bytes` is each file's size as text by delivery_seq, `folders` each source's folder. There is one wave at
    least.
    """
    waves = [[file for file in files if not _is_stream(file, folders[file.source])]]
    waiting = 0
    for file in files:
        if not _is_stream(file, folders[file.source]):
            continue
        if waiting and waiting + text_bytes[file.delivery_seq] > WAVE_BYTES:
            waves.append([])
            waiting = 0
        waves[-1].append(file)
        waiting += text_bytes[file.delivery_seq]
    return waves


def _is_stream(file: DeliveredFile, folder: SourceFolder) -> bool:
    """Say whether a file's rows become events only, and no row of another table is needed for them."""
    contracts = load_contracts()
    if folder.identity:
        return contracts[file.table].partition_by is not None
    using = [mapping for mapping in folder.mappings.values() if file.table in (*mapping.driving, *mapping.joined)]
    return file.form.delivery != "replaces_table" and all(
        mapping.driving == (file.table,) and contracts[mapping.dataset].partition_by for mapping in using
    )
