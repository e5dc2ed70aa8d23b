"""`tieout status`: the whole story on one screen."""

from __future__ import annotations

import typer


def status(ctx: typer.Context) -> None:
    """Show the last runs, what was delivered, what was rejected, the proofs and what is published.

    **Examples**

    `tieout status`
    """
