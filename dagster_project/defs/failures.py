"""Expected failures as Dagster should see them: one line a problem, and no retry, since it would fail again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from settings.errors import TieoutError


@contextmanager
def expected_failures() -> Iterator[None]:
    """Turn a TieoutError into a failed step that shows its message and is not retried."""
    try:
        yield
    except TieoutError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


@contextmanager
def retried_transport() -> Iterator[None]:
    """Ask Dagster to try the step again when a folder or a server is not reachable just now.

    A share that is being remounted or a database that restarts is back within a minute. Taking in is idempotent by
    content, so a second try adds nothing twice.
    """
    try:
        yield
    except OSError as error:
        raise dg.RetryRequested(max_retries=3, seconds_to_wait=10) from error


def cause_of(error: BaseException) -> TieoutError | None:
    """Return the first TieoutError among `error` and what it was raised from, if there is one."""
    seen: set[int] = set()  # Dagster's chains can lead back to their beginning
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        if isinstance(one, TieoutError):
            return one
        seen.add(id(one))
        waiting += [one.__context__, one.__cause__]
    return None
