"""`tieout verify`: a published build, proved once more from its Parquet files alone."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.verify.build import Build
    from serving.verify.proof import Proof

EXAMPLES_SHOWN = 20


def verify(
    ctx: typer.Context,
    build_dir: Annotated[
        Path | None,
        typer.Argument(
            help="The folder of a build below published/. Default: the one that readers see.", metavar="BUILD_DIR"
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also show identities that this build has no figures for.")
    ] = False,
) -> int:
    """Prove a published build again from its Parquet files alone, by code that shares nothing with the models.

    Checks that every file is byte for byte as published, then works every identity out anew: leaves against bookings,
    work in process, budget walk, ledger against events, standards, purchases, machine time. Writes nothing.

    Exit status 0 when everything holds, 1 when a file or an identity does not, naming a row, 2 when there is no build.

    **Examples**

    `tieout verify`

    `tieout verify plant/published/20260302T010000Z`

    `tieout verify /mnt/archive/20260302T010000Z --all`
    """
    from serving.verify.build import open_build
    from serving.verify.verify import broken, verify

    home = ctx.obj.home
    folder = build_dir.expanduser().resolve() if build_dir else _published(home.current)
    build = open_build(folder)
    proofs = verify(build)
    _show(build, proofs, every)
    off = broken(proofs)
    for proof in off[:EXAMPLES_SHOWN]:
        sys.stderr.write(f"tieout: {proof.identity_id} does not hold for {proof.scope}: {proof.example}\n")
    if len(off) > EXAMPLES_SHOWN:
        sys.stderr.write(f"tieout: and {len(off) - EXAMPLES_SHOWN} more\n")
    return 1 if off else 0


def _published(current: Path) -> Path:
    from settings.errors import ConfigurationError

    if not current.exists():
        raise ConfigurationError(f"{current.parent}: nothing is published yet; run `tieout nightly`")
    return current.resolve()


def _show(build: Build, proofs: Sequence[Proof], every: bool) -> None:
    """Print one line per identity, with how much was compared."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from serving.verify.verify import by_identity

    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = 160
    summed = by_identity(proofs)
    applicable = [proof for proof in summed if proof.status != "not applicable"]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("identity", no_wrap=True)
    table.add_column("what is equal")
    table.add_column("scope")
    table.add_column("compared", justify="right", no_wrap=True)
    table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for proof in summed if every else applicable:
        color = {"holds": "green", "broken": "red"}.get(proof.status, "dim")
        table.add_row(
            proof.identity_id,
            proof.says,
            proof.scope,
            f"{proof.rows_compared:,}",
            f"{proof.difference:,.2f}" if proof.difference is not None else "—",
            f"[{color}]{proof.status}[/{color}]",
        )
    console.print(table)
    left = len(summed) - len(applicable)
    nothing = (
        f"; {left} identities have no figures in this build{'' if every else ' (--all lists them)'}" if left else ""
    )
    holds = sum(proof.status == "holds" for proof in applicable)
    rows = sum(proof.rows_compared for proof in applicable)
    console.print(f"\n{build.folder}: {holds} of {len(applicable)} hold over {rows:,} comparisons{nothing}")
