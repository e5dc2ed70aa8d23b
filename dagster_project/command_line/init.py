"""`tieout init`: a new home with a commented configuration."""

from __future__ import annotations

from pathlib import Path

import typer

TEMPLATE = Path(__file__).with_name("tieout.template.yml")


def init(ctx: typer.Context) -> None:
    """Write a commented tieout.yml and the folders of a new plant. Refuses to touch a home that has one.

    **Examples**

    `tieout init` makes ./plant

    `tieout --home /data/acme init`
    """
    from settings.errors import ConfigurationError

    home = ctx.obj.home
    if home.configuration_file.exists():
        raise ConfigurationError(f"{home.configuration_file}: is there already; edit it, or name another --home")
    try:
        (home.inbox / "erp").mkdir(parents=True, exist_ok=True)
        home.configuration_file.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{home.root}: cannot be written ({error.strerror}); name another --home") from error
    typer.echo(f"{home.configuration_file}: describe your company, plants and sources here")
    typer.echo(f"{home.inbox / 'erp'}: put the first extracts here")
    typer.echo("then: tieout check-source erp, and tieout nightly")
