"""File operations that survive a power cut and never show a reader half a state."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

# Linux's FICLONE: the copy shares its blocks with the original until one of them changes (btrfs, XFS, ZFS, bcachefs).
_CLONE_FILE = 0x40049409


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of `source` into the new file `target`, by reflink where the file system can."""
    try:
        from fcntl import ioctl
    except ImportError:  # no POSIX file system
        shutil.copyfile(source, target)
        return
    with source.open("rb") as original, target.open("wb") as copy:
        try:
            ioctl(copy.fileno(), _CLONE_FILE, original.fileno())
            return
        except OSError:
            pass  # this file system cannot; copyfile lets the kernel move the bytes instead
    shutil.copyfile(source, target)


def flush_to_disk(path: Path) -> None:
    """Return only when the file's bytes, or the folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree_to_disk(folder: Path) -> None:
    """Flush the folder, its sub-folders and their files, except those hard-linked from elsewhere (long on the disk)."""
    for place, _, files in os.walk(folder):
        for name in files:
            file = Path(place, name)
            if file.stat().st_nlink == 1:
                flush_to_disk(file)
        flush_to_disk(Path(place))


def point_link(link: Path, target_name: str) -> None:
    """Make `link` a relative symbolic link to its sibling `target_name`; at no moment is there no link."""
    prepared = link.with_name(f".{link.name}.tmp")
    prepared.unlink(missing_ok=True)
    prepared.symlink_to(target_name)
    prepared.replace(link)
    flush_to_disk(link.parent)
