"""One wrong figure in a published build: a copy of it in which one value of one row is the smallest unit off."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from serving.verify.build import Build, open_build
from serving.verify.proof import prove
from serving.verify.verify import broken, identities


@dataclass(frozen=True)
class Planted:
    """Where a value was changed, and which identities say so."""

    table: str
    column: str
    row: int
    found_by: tuple[str, ...]


def smallest_unit(column: str, kind: pl.DataType) -> Decimal | int | float:
    """One cent, one millionth of a quantity, one millisecond; else the last place that the type has."""
    if isinstance(kind, pl.Decimal):
        scale = kind.scale or 0
        places = {"_amount": 2, "_seconds": 3}
        return Decimal(1).scaleb(-min(scale, next((n for end, n in places.items() if column.endswith(end)), scale)))
    return 1e-9 if kind.is_float() else 1


def numeric_columns(build: Build, table: str) -> list[str]:
    """The columns whose values can be off by a little."""
    return [name for name, kind in build.columns(table).items() if kind.is_numeric()]


def shadow(build: Build, folder: Path, table: str) -> Path:
    """A copy of the build in `folder`: every table is linked to, this one is copied and can be written."""
    folder.mkdir(parents=True)
    shutil.copyfile(build.folder / "manifest.json", folder / "manifest.json")
    for schema in (build.folder / "parquet").iterdir():
        (folder / "parquet" / schema.name).mkdir(parents=True)
        for place in schema.iterdir():
            target = folder / "parquet" / schema.name / place.name
            if f"{schema.name}.{place.name}" == table:
                shutil.copytree(place, target)
            else:
                target.symlink_to(place)
    for file in (folder / "parquet" / table.replace(".", "/")).iterdir():
        file.chmod(0o644)
    return folder


def plant(build: Build, folder: Path, table: str, column: str, rows: int) -> list[Planted]:
    """Change the column in up to `rows` rows, one after another, and return which identities found each."""
    copy = open_build(shadow(build, folder, table))
    asked = [identity for identity in identities(build) if table in identity.needs]
    chance = random.Random(f"{table}.{column}")
    places = [
        (file, row)
        for file in copy.files(table)
        for row in pl.read_parquet(file, columns=[column])[column].is_not_null().arg_true().to_list()
    ]
    planted = []
    for file, row in chance.sample(places, min(rows, len(places))):
        before = file.read_bytes()
        write_off(file, column, row)
        found = {proof.identity_id for identity in asked for proof in broken(prove(copy, identity))}
        planted.append(Planted(table, column, row, tuple(sorted(found))))
        file.write_bytes(before)
    shutil.rmtree(folder)
    return planted


def write_off(file: Path, column: str, row: int) -> None:
    """Rewrite the file with the value of this row a smallest unit higher."""
    frame = pl.read_parquet(file)
    kind = frame.schema[column]
    values = frame[column].to_list()
    values[row] += smallest_unit(column, kind)
    frame.with_columns(pl.Series(column, values, dtype=kind)).write_parquet(file)
