"""`tieout ui`: Dagster's web interface and the daemon that runs the schedule."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer


def ui(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)] = 3000,
) -> None:
    """Show runs, assets, checks and the schedule in a browser, and run the nightly at its time. Ctrl-C ends both.

    Only this machine can connect; put a reverse proxy with a login before it to share it.

    **Examples**

    `tieout ui` then open http://127.0.0.1:3000

    `tieout --home /data/acme ui --port 3001`
    """
    from dagster_project.environment import enter
    from settings.configuration import load_configuration

    home = ctx.obj.home
    load_configuration(home)  # refused here in one line rather than by the code server in fifty
    enter(home)
    typer.echo(f"http://127.0.0.1:{port} shows {home.root}; Ctrl-C ends it")
    sys.stdout.flush()
    # The warning recommends dg, a second command line for developers that this project does not need.
    quiet = ["-W", "ignore:Function"]
    command = [sys.executable, *quiet, "-m", "dagster", "dev", "-m", "dagster_project.definitions"]
    os.execv(sys.executable, [*command, "--host", "127.0.0.1", "--port", str(port)])
