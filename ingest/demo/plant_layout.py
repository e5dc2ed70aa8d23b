"""What stands where: the company, its two plants, their work centers, and how each work unit reports.

Work units differ on purpose, as they do in real plants: some name the order in every event, some leave that to the
confirmation; some count good and scrap, one only a total; some have no counter, manual stations report nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

COMPANY_ID = "C1"
COMPANY_NAME = "Lechtal Hydraulics and Foods"
CURRENCY = "EUR"


@dataclass(frozen=True)
class Plant:
    """A site. Amounts are kept in the company's currency even where the plant's own differs."""

    plant_id: str
    name: str
    time_zone: str
    currency_code: str
    production_type: str
    shifts: tuple[tuple[str, int], ...]
    """Shift names with the local hour at which each begins; each lasts until the next begins."""


@dataclass(frozen=True)
class Habits:
    """How one work unit runs and what it tells.

    counters: names of its counters, none where pieces are known from confirmations only.
    resets: when its counters start at zero again: `never`, `each_shift`, `after_breakdown`, or `replaced`, after some
    breakdowns, by new ones that begin wherever they stand.
    rolls_over_at: how many standings its counters have before they show 0 again.
    operator_logs_stops: whether the operator writes stops down as well, with start and end, as he remembers them.
    confirms: `shift` (one confirmation a shift, naming it), `times` (one a shift, by start and end only) or
    `whole` (one an operation, however many shifts it took, by start and end only).
    """

    counters: tuple[str, ...] = ("good", "scrap")
    counts: str = "cumulative"
    resets: str = "never"
    rolls_over_at: int | None = None
    counter_names_order: bool = True
    reports_states: bool = True
    state_names_order: bool = True
    reports_ends: bool = False
    operator_logs_stops: bool = False
    confirms: str = "shift"
    runs_through_breaks: bool = False
    milliseconds: bool = False
    hours_between_breakdowns: float = 22.0
    minutes_between_minor_stops: float = 38.0
    pace: float = 0.94
    kilowatts: float = 11.0


@dataclass(frozen=True)
class WorkCenter:
    """A group of like work units with one cost center; none where the work is done outside."""

    work_center_id: str
    plant_id: str
    name: str
    units: tuple[Habits, ...]
    staffing: float = 0.5
    """Labour time per machine time: below one where a worker tends several machines."""
    books_labour: bool = True
    """Whether labour is booked on its orders; where not, no labour is planned there either."""

    @property
    def has_machines(self) -> bool:
        """Whether machine time is recorded there; not so at manual stations and subcontractors."""
        return any(habits.reports_states for habits in self.units)

    @property
    def labour_share(self) -> Decimal:
        """Planned labour time per machine time that is charged to orders."""
        return Decimal(str(self.staffing)) if self.books_labour else Decimal(0)

    @property
    def cost_center_id(self) -> str:
        """The cost center that bears the work center's cost."""
        return f"CC-{self.work_center_id}"


@dataclass(frozen=True)
class WorkUnit:
    """One machine, line or station."""

    work_unit_id: str
    work_center: WorkCenter
    habits: Habits
    name: str

    @property
    def plant_id(self) -> str:
        """The plant it stands in."""
        return self.work_center.plant_id


PLANTS = (
    Plant(
        "P1", "Augsburg machining and assembly", "Europe/Berlin", "EUR", "discrete", (("E", 6), ("L", 14), ("N", 22))
    ),
    Plant("P2", "Hamilton foods", "America/Toronto", "CAD", "process", (("D", 7), ("A", 15), ("N", 23))),
)

WORK_CENTERS = (
    WorkCenter(
        "P1-SAW",
        "P1",
        "Sawing",
        (Habits(counters=("good",), rolls_over_at=10_000, state_names_order=False, pace=0.97),),
        0.4,
    ),
    WorkCenter(
        "P1-TURN",
        "P1",
        "CNC turning",
        (
            Habits(milliseconds=True, resets="after_breakdown", runs_through_breaks=True),
            Habits(resets="each_shift", counter_names_order=False),
            Habits(counters=("total", "scrap"), resets="replaced", pace=0.9, milliseconds=True),
        ),
        0.45,
    ),
    WorkCenter(
        "P1-MILL",
        "P1",
        "CNC milling",
        (
            Habits(counters=("good", "scrap", "rework"), resets="after_breakdown", kilowatts=16.0),
            Habits(counters=("good", "scrap", "rework"), state_names_order=False, pace=0.91, kilowatts=16.0),
        ),
        0.45,
    ),
    WorkCenter("P1-GRIND", "P1", "Grinding", (Habits(counter_names_order=False, confirms="times"),), 0.6),
    WorkCenter("P1-WASH", "P1", "Washing", (Habits(counters=(), confirms="whole", runs_through_breaks=True),), 0.3),
    WorkCenter("P1-EXT", "P1", "Heat treatment by a subcontractor", (), 0.0),
    WorkCenter(
        "P1-ASSY",
        "P1",
        "Assembly line",
        (Habits(minutes_between_minor_stops=14.0, pace=0.92, operator_logs_stops=True),),
        1.0,
    ),
    WorkCenter(
        "P1-MAN",
        "P1",
        "Manual test and packing",
        (Habits(counters=(), reports_states=False), Habits(counters=(), reports_states=False)),
        1.0,
    ),
    WorkCenter(
        "P2-MIX",
        "P2",
        "Mixing",
        (
            Habits(counters=(), confirms="whole", minutes_between_minor_stops=90.0),
            Habits(counters=(), confirms="times", minutes_between_minor_stops=90.0, state_names_order=False),
        ),
        0.7,
        books_labour=False,
    ),
    WorkCenter(
        "P2-COOK",
        "P2",
        "Cooking",
        (
            Habits(counters=(), confirms="whole", runs_through_breaks=True, kilowatts=60.0, pace=0.98),
            Habits(runs_through_breaks=True, kilowatts=60.0, pace=0.98, minutes_between_minor_stops=120.0),
        ),
        0.5,
        books_labour=False,
    ),
    WorkCenter(
        "P2-FILL",
        "P2",
        "Filling",
        (
            Habits(resets="each_shift", minutes_between_minor_stops=11.0, pace=0.9, milliseconds=True),
            Habits(resets="after_breakdown", minutes_between_minor_stops=11.0, pace=0.88, confirms="times"),
        ),
        1.0,
    ),
    WorkCenter(
        "P2-LABEL",
        "P2",
        "Labelling",
        (
            Habits(
                counters=("total", "good"),
                rolls_over_at=65_536,
                state_names_order=False,
                minutes_between_minor_stops=16.0,
            ),
        ),
        0.8,
    ),
    WorkCenter(
        "P2-PACK",
        "P2",
        "Packing",
        (
            Habits(counts="increment", minutes_between_minor_stops=18.0),
            Habits(
                counts="increment",
                reports_ends=True,
                operator_logs_stops=True,
                counter_names_order=False,
                minutes_between_minor_stops=18.0,
            ),
        ),
        0.9,
    ),
)

REASONS: dict[str, tuple[str, str]] = {
    "BD-MECH": ("Mechanical failure", "breakdown"),
    "BD-ELEC": ("Electrical failure", "breakdown"),
    "BD-TOOL": ("Tool breakage", "breakdown"),
    "SU-CHANGE": ("Changeover", "setup"),
    "SU-CLEAN": ("Cleaning between products", "setup"),
    "MS-JAM": ("Jam cleared by the operator", "minor_stop"),
    "MS-SENSOR": ("Sensor misread", "minor_stop"),
    "SP-WEAR": ("Reduced speed, worn tool", "reduced_speed"),
    "EX-MATERIAL": ("Waiting for material", "external"),
    "EX-OPERATOR": ("Waiting for an operator", "external"),
    "EX-NO-ORDER": ("No order", "external"),
    "PL-BREAK": ("Break", "planned"),
    "PL-MAINT": ("Planned maintenance", "planned"),
    "SC-START": ("Start-up reject", "startup_reject"),
    "SC-DIM": ("Out of dimension", "production_reject"),
    "SC-SURFACE": ("Surface defect", "production_reject"),
    "SC-SEAL": ("Leaking seal", "production_reject"),
    "UN-UNKNOWN": ("Not stated", "unknown"),
}

SERVICE_COST_CENTERS: dict[str, tuple[str, str, str | None]] = {
    "CC-MAINT": ("Maintenance", "service", None),
    "CC-ADMIN": ("Administration", "overhead", None),
    "CC-P1-IND": ("Support of machining and assembly", "service", "P1"),
    "CC-P2-IND": ("Support of food production", "service", "P2"),
}
"""Name, kind and plant of the cost centers whose cost is allocated to production."""


def work_units(copies: int) -> list[WorkUnit]:
    """Return every work unit; `copies` repeats the units of each work center for larger factories."""
    return [
        WorkUnit(f"{center.work_center_id}-{number}", center, habits, f"{center.name} {number}")
        for center in WORK_CENTERS
        for number, habits in enumerate(center.units * copies, start=1)
    ]


def plant_of(plant_id: str) -> Plant:
    """Return the plant of that id; raise KeyError where there is none."""
    return {plant.plant_id: plant for plant in PLANTS}[plant_id]
