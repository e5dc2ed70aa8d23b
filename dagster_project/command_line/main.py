"""The `tieout` command: its options, its commands, and how every failure becomes one line and an exit status."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from dagster_project.command_line import (
    check_source,
    close,
    demo,
    explain,
    init,
    nightly,
    query,
    reconcile,
    reopen,
    replay,
    status,
    ui,
    verify,
)
from settings.errors import TieoutError
from settings.home import Home

COMMANDS: dict[str, Callable[..., int | None]] = {
    "demo": demo.demo,
    "init": init.init,
    "nightly": nightly.nightly,
    "status": status.status,
    "query": query.query,
    "explain": explain.explain,
    "check-source": check_source.check_source,
    "replay": replay.replay,
    "reconcile": reconcile.reconcile,
    "close": close.close,
    "reopen": reopen.reopen,
    "verify": verify.verify,
    "ui": ui.ui,
}

EXIT_STATUSES = (
    "Exit status: 0 published or answered · 1 a gate or reconciliation failed, nothing published · "
    "2 bad configuration, missing input or usage · 3 another run holds the home."
)


@dataclass
class Session:
    """What one start of the command works on; filled by the global options."""

    home: Home


class InOrderOfUse(TyperGroup):
    """Lists the commands in the order in which a newcomer needs them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands' names."""
        return list(COMMANDS)


def application() -> typer.Typer:
    """Return the command with its sub-commands; nothing heavy is imported until one of them runs."""
    app = typer.Typer(
        name="tieout",
        cls=InOrderOfUse,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        epilog=EXIT_STATUSES,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def tieout(
        ctx: typer.Context,
        home: Annotated[
            Path | None,
            typer.Option("--home", help="The home folder. Default: $TIEOUT_HOME, else ./plant.", metavar="DIR"),
        ] = None,
    ) -> None:
        """Cost, yield and efficiency of a factory, from raw extracts to figures that tie out to the ledger.

        Start with `tieout demo`, then `tieout query "from efficiency.oee_machine_shift limit 5"`.
        """
        ctx.obj.home = Home.find(home, os.environ)

    for name, command in COMMANDS.items():
        app.command(name)(command)
    return app


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the documented status."""
    # A night imports 4,000 modules that live to its end: looking for garbage among them over and over, and once more
    # at exit, takes 2 of its 16 seconds.
    gc.set_threshold(100_000, 50, 50)
    status = exit_status(Session(Home.find(None, os.environ)), arguments)
    gc.freeze()
    sys.exit(status)


def exit_status(session: Session, arguments: list[str] | None) -> int:
    """Run one command and return its exit status; a failure is told in one line on standard error."""
    try:
        outcome = application()(arguments, obj=session, standalone_mode=False, prog_name="tieout")
    except TieoutError as error:
        _tell(str(error))
        return error.exit_status
    except typer.TyperException as error:
        return _usage_error(error)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except typer.Abort:
        _tell("stopped; nothing was published")
        return 130
    except Exception as error:
        from dagster_project.command_line.crash_log import write_crash_log

        _tell(
            f"unexpected {type(error).__name__}: {_first_line(error)}; details: {write_crash_log(session.home, error)}"
        )
        return 1
    return outcome if isinstance(outcome, int) else 0


def _usage_error(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    if context is not None and type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(context.get_help() + "\n")
        return 0
    told = getattr(error, "format_message", error.__str__)()
    command = context.command_path if context is not None else "tieout"
    _tell(f"{' '.join(told.split()).rstrip('.')}; see {command} --help")
    return int(getattr(error, "exit_code", 2))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300]


def _tell(message: str) -> None:
    for line in message.splitlines():
        sys.stderr.write(f"tieout: {line}\n")
