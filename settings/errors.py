"""Errors that a user sees: one line that says what is wrong, where, and what to do, with its exit status."""

from __future__ import annotations


class TieoutError(Exception):
    """An expected failure. The message is the one line a user reads; `exit_status` is what the command returns.

    Exit statuses: 0 published or answered · 1 a gate or a reconciliation failed · 2 bad configuration,
    missing input or wrong usage · 3 another run holds the home.
    """

    exit_status = 2


class ConfigurationError(TieoutError):
    """tieout.yml, a source folder or a contract says something that cannot be used."""


class DeliveryError(TieoutError):
    """Delivered files cannot be read at all. Carries one line per file; nothing of the delivery was accepted."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class GateError(TieoutError):
    """A check or a proof failed on the built warehouse, so nothing was published."""

    exit_status = 1


class HomeLockedError(TieoutError):
    """Another run holds the home."""

    exit_status = 3
