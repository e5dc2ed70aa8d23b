"""Many cases from one seed: hypothesis draws them, a test compares them all in one build."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from efficiency.case import Case


def from_environment(name: str, default: int) -> int:
    """A number that may be set from outside, for a longer run or to see a failure again."""
    return int(os.environ.get(name, default))


PLANTS = from_environment("TIEOUT_PLANTS", 2_000)
ARRIVING_PLANTS = from_environment("TIEOUT_ARRIVING_PLANTS", 40)
SEED = from_environment("TIEOUT_SEED", 22_400)


def drawn(strategy: st.SearchStrategy[Case], count: int, seed_number: int) -> list[Case]:
    """Return `count` cases, the same for the same seed."""
    cases: list[Case] = []

    @seed(seed_number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def take(case: Case) -> None:
        cases.append(case)

    take()
    return cases
