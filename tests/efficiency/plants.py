"""Strategies that draw small plants in which everything awkward happens at once.

One to three machines, one to four production dates, often across a night on which the clock is changed. Moments are
drawn as a quarter of an hour and a small shift, so that many events coincide with each other, with the borders of
shifts and with midnight, and others miss them by a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from efficiency.case import EPOCH, KEYS, Case, Row, Values, moment

HOUR = 3_600_000
CLOCKS = {
    "Europe/Berlin": (date(2026, 3, 28), date(2026, 10, 24), date(2026, 6, 10)),
    "America/Toronto": (date(2026, 3, 7), date(2026, 10, 31), date(2026, 6, 10)),
    "Pacific/Auckland": (date(2026, 4, 4), date(2026, 9, 26), date(2026, 6, 10)),
    "Asia/Kolkata": (date(2026, 6, 10),),
    "UTC": (date(2026, 2, 28),),
}
"""Time zones, and the production dates around which their plants work: the evenings before the clock is changed."""
SHIFTS = (
    (("E", "06:00", "14:00"), ("L", "14:00", "22:00")),
    (("E", "06:00", "14:00"), ("L", "14:00", "22:00"), ("N", "22:00", "06:00")),
    (("D", "07:00", "19:00"), ("N", "19:00", "07:00")),
    (("N", "21:30", "05:45"),),
    (("A", "00:00", "08:30"), ("B", "10:15", "18:00:00.250")),
)
STATES = ("producing", "producing", "producing", "setup", "delay", "idle", "down", "maintenance", "off", "unknown")
CATEGORIES = ("breakdown", "setup", "minor_stop", "reduced_speed", "external", "planned", "unknown")
STOPS = ("break", "meeting", "planned_maintenance", "holiday", "no_demand")
REASONS = ("R1", "R2", "R3", "R4")
SHIFTED = (0, 0, 0, 0, 1, -1, 250, 59_999, 123_457, 299_999, 300_000, 300_001)
LONG = (1_800_000, 14_400_000, 28_800_001, 46_800_000, 93_600_000)
LENGTHS = (0, 1, 1_000, 60_000, 299_999, 300_000, 1_800_000, 5_432_101, 28_800_000, 93_600_000)
EVENTS = {"machine_state", "production_counter", "confirmation", "planned_stop", "shift_calendar"}
FATES = ("plain",) * 9 + ("twice", "again", "corrected", "corrected", "deleted")

FEW = range(4)
CHANCES = range(6)
REASON = (None, None, "R1", "R2", "R3", "R4", "R9")
KNOWN_REASON = (None, "R1", "R2", "R3", "R4")
EVENT_ORDER = (None, None, None, None, "O1", "O1", "O2", "O3", "O9")
OPERATION = (None, None, 10, 20)
COUNT = (0, 1, 2, 3, 7, 10, 100, Decimal("0.5"), Decimal("12.345678"))
STEP = (0, 1, 2, 5, 13, 40, Decimal("0.5"), -30, -7)
RUN_SECONDS = (None, 0, 20, 61, Decimal("0.333"), Decimal("1.5"), Decimal("7.001"))
BASE = (1, 1, 1, 3, 100, Decimal("0.7"))
TAPE_BYTES = 4096


class Tape:
    """Choices read from bytes that hypothesis drew.

    Its own integers crowd around 0 (40 of 100 out of a range of 10,000 are 0), its copies of what it drew before make
    four plants of five near repetitions, and each single draw costs 25 µs; its bytes are even, fresh and cheap.
    """

    def __init__(self, tape: bytes) -> None:
        self.tape = tape
        self.at = 0

    def pick(self, values: Sequence[Any]) -> Any:
        """One of the values, all equally likely; the first when the tape has run out."""
        self.at += 2
        return values[int.from_bytes(self.tape[self.at - 2 : self.at]) % len(values)]


def is_in_use(unit: Values, at: int) -> bool:
    """Whether the machine is in use at this moment, give or take a day; what it tells of other times is refused."""
    day = (EPOCH + timedelta(milliseconds=at)).date()
    first, end = unit["valid_from"], unit["valid_to"]
    return (first is None or day >= first - timedelta(days=1)) and (end is None or day <= end)


class Drawn:
    """The rows of one plant while it is drawn.

    In a tidy plant every order is known and every operation has its standard; else few shifts would have an OEE.
    """

    def __init__(self, tape: Tape, zone: str, first: date) -> None:
        self.pick = tape.pick
        self.zone = zone
        self.first = first
        self.days = self.pick((1, 2, 2, 3, 4))
        self.is_tidy = self.pick((True, False))
        self.units = [f"M{number + 1}" for number in range(self.pick((1, 2, 2, 3)))]
        self.rows: dict[tuple[Any, ...], Row] = {}
        self.starts_at = moment(datetime.combine(first, time(0)), zone) - 2 * HOUR
        self.quarters = range((self.days * 24 + 12) * 4 + 1)

    def add(self, dataset: str, **values: Any) -> None:
        """Take the row, unless its key is taken or its machine was not in use."""
        row = Row(dataset, values)
        if "occurred_at" in values and not is_in_use(
            self.rows["work_unit", values["work_unit_id"]].values, values["occurred_at"]
        ):
            return
        self.rows.setdefault(row.key, row)

    def moment(self) -> int:
        return self.starts_at + self.pick(self.quarters) * HOUR // 4 + self.pick(SHIFTED)

    def order_of_event(self) -> str | None:
        """The order that an event names: none, a known one, or one that nobody delivered."""
        order = self.pick(EVENT_ORDER)
        known = ("production_order", order) in self.rows
        return order if known or not self.is_tidy else None

    def day(self) -> date:
        return self.first + timedelta(days=self.pick(FEW) % self.days)

    def master_data(self) -> None:
        pick = self.pick
        self.add(
            "plant", plant_id="P", name="Works", time_zone=self.zone, currency_code="EUR", production_type="discrete"
        )
        for center in ("W1", "W2"):
            self.add("work_center", work_center_id=center, plant_id="P", name=center)
        for unit in self.units:
            lives = pick(CHANCES)
            self.add(
                "work_unit",
                work_unit_id=unit,
                work_center_id=pick(("W1", "W2")),
                plant_id="P",
                name=unit,
                valid_from=self.first + timedelta(days=1) if lives == 0 else None,
                valid_to=self.first + timedelta(days=2) if lives <= 1 else None,
            )
        for item in ("I1", "I2"):
            self.add("item", item_id=item, name=item, item_type="finished", base_uom="EA", procurement="make",
                     valuation="standard")  # fmt: skip
        for reason_id in REASONS:
            category = "startup_reject" if reason_id == "R4" else pick(CATEGORIES)
            self.add("reason", reason_id=reason_id, plant_id=None, name=reason_id, loss_category=category)
        for item in ("I1", "I2"):
            for version in ("V1", "V2"):
                for operation in (10, 20):
                    if pick(CHANCES) == 0 and not self.is_tidy:
                        continue
                    valid_from = None if self.is_tidy else pick((None, self.first, self.first + timedelta(days=1)))
                    self.add(
                        "routing_operation",
                        item_id=item,
                        plant_id="P",
                        version_id=version,
                        operation_no=operation,
                        work_center_id="W1",
                        run_seconds_per_unit=pick(RUN_SECONDS[2:] if self.is_tidy else RUN_SECONDS),
                        base_qty=pick(BASE),
                        valid_from=valid_from,
                        valid_to=pick((None, None, self.first + timedelta(days=2))),
                    )

    def orders(self) -> list[str]:
        pick = self.pick
        orders = [f"O{number + 1}" for number in range(pick((0, 1, 2, 3, 3)))]
        for order in orders:
            planned = self.moment() if pick(CHANCES) > 1 else None
            self.add(
                "production_order",
                order_id=order,
                plant_id="P",
                item_id=pick(("I1", "I2")),
                order_type="standard",
                planned_qty=100,
                uom="EA",
                routing_version_id=pick((None, None, "V1", "V2")),
                planned_start_at=planned,
                planned_end_at=None if planned is None or pick(CHANCES) == 0 else planned + pick((0, *LONG)),
                status=pick(("released", "in_process", "completed", "closed", "planned", "cancelled")),
            )
            for operation in (10, 20):
                if pick(CHANCES) > 1 or (self.is_tidy and operation == 10):
                    self.add(
                        "order_operation",
                        order_id=order,
                        operation_no=operation,
                        work_center_id=pick(("W1", "W2")),
                        work_unit_id=pick([None, *self.units]),
                    )
        return orders

    def calendar(self) -> None:
        """The plant's shifts with some missing, and here and there a machine's own, shorter one."""
        pick = self.pick
        pattern = pick(SHIFTS)
        for number in range(self.days):
            day = self.first + timedelta(days=number)
            for shift, begins, ends in pattern:
                start = datetime.combine(day, time.fromisoformat(begins))
                end = datetime.combine(day, time.fromisoformat(ends))
                end += timedelta(days=1 if end <= start else 0)
                span = {"start_at": moment(start, self.zone), "end_at": moment(end, self.zone)}
                named = {"plant_id": "P", "production_date": day, "shift_id": shift}
                fate = pick(range(12))
                if fate > 0:
                    self.add("shift_calendar", work_unit_id=None, **named, **span)
                if fate <= 1:
                    span = {"start_at": span["start_at"] + 1_801_000, "end_at": span["end_at"] - pick((0, 2_700_001))}
                    self.add("shift_calendar", work_unit_id=pick(self.units), **named, **span)

    def planned_stops(self) -> None:
        for _ in range(self.pick(range(5))):
            start = self.moment()
            self.add(
                "planned_stop",
                plant_id="P",
                work_unit_id=self.pick([None, None, *self.units]),
                start_at=start,
                end_at=start + max(1, self.pick(LENGTHS)),
                stop_type=self.pick(STOPS),
            )

    def states(self) -> None:
        pick = self.pick
        for unit in self.units:
            for _ in range(pick(range(13))):
                occurred = self.moment()
                self.add(
                    "machine_state",
                    work_unit_id=unit,
                    occurred_at=occurred,
                    ended_at=occurred + pick(LENGTHS) if pick(CHANCES) <= 2 else None,
                    state=pick(STATES),
                    reason_id=pick(REASON),
                    order_id=self.order_of_event(),
                    operation_no=pick(OPERATION),
                )

    def confirmations(self, orders: list[str]) -> None:
        pick = self.pick
        for number in range(pick(range(6)) if orders else 0):
            start = self.moment() if pick(CHANCES) > 0 else None
            values: dict[str, Any] = {
                "confirmation_id": f"C{number}",
                "order_id": pick(orders),
                "operation_no": pick(OPERATION),
                "plant_id": "P",
                "work_unit_id": pick([*self.units, *self.units, None]),
                "production_date": self.day() if pick(CHANCES) <= 1 else None,
                "shift_id": pick(("E", "L", "N", "D", "A")) if pick(CHANCES) <= 1 else None,
                "start_at": start,
                "end_at": None if start is None or pick(CHANCES) == 0 else start + pick((0, 1_000, *LONG)),
                "posting_date": self.day(),
                "good_qty": pick(COUNT),
                "scrap_qty": pick(COUNT),
                "rework_qty": pick((None, 0, 1, 2)),
                "reason_id": pick(KNOWN_REASON),
                "routing_version_id": pick((None, None, None, "V1", "V2")),
                "reversal_of": None,
            }
            self.add("confirmation", **values)
            if pick(CHANCES) == 0:
                taken_back = {name: -(values[name] or 0) for name in ("good_qty", "scrap_qty", "rework_qty")}
                named = {"confirmation_id": f"C{number}R", "reversal_of": f"C{number}"}
                self.add("confirmation", **(values | taken_back | named))

    def counters(self) -> None:
        """Standings that rise, are reset, roll over or begin anew, among readings that are already a difference."""
        pick = self.pick
        for unit in self.units:
            for counter in ("good", "scrap", "rework", "total"):
                if pick(CHANCES) > 2:
                    continue
                rolls_over_at = pick((None, None, 100, 65_536))
                standing = Decimal(pick((0, 90, 1_000)))
                for at in sorted({self.moment() for _ in range(pick(range(10)))}):
                    kind = pick(("cumulative", "cumulative", "cumulative", "increment", "baseline"))
                    standing = abs(standing + pick(STEP))
                    if rolls_over_at and pick(CHANCES) > 0:
                        standing %= rolls_over_at
                    self.add(
                        "production_counter",
                        work_unit_id=unit,
                        counter=counter,
                        occurred_at=at,
                        value=pick(COUNT) if kind == "increment" else standing,
                        reading_kind=kind,
                        rolls_over_at=rolls_over_at,
                        order_id=self.order_of_event(),
                    )


def earlier_version(row: Row) -> Row:
    """The same key as it was first, and wrongly, delivered."""
    values = dict(row.values)
    match row.dataset:
        case "machine_state":
            values |= {"state": "down" if values["state"] != "down" else "producing", "order_id": "O1"}
        case "production_counter":
            values |= {"value": values["value"] + 3}
        case "confirmation":
            values |= {"good_qty": values["good_qty"] * 2 + (0 if values["reversal_of"] else 1), "operation_no": 20}
        case _:
            values |= {"end_at": values["end_at"] + HOUR}
    return Row(row.dataset, values)


def plants(deliveries: int = 3) -> st.SearchStrategy[Case]:
    """Plants whose events come in this many deliveries, with repetitions, corrections and deletions among them."""
    tapes = st.binary(min_size=TAPE_BYTES, max_size=TAPE_BYTES)
    return tapes.map(lambda tape: plant_on(Tape(tape), deliveries))


def plant_on(tape: Tape, deliveries: int) -> Case:
    """Read one plant off the tape."""
    pick = tape.pick
    zone = pick(sorted(CLOCKS))
    drawn = Drawn(tape, zone, pick(CLOCKS[zone]))
    drawn.master_data()
    drawn.calendar()
    drawn.planned_stops()
    orders = drawn.orders()
    drawn.states()
    drawn.confirmations(orders)
    drawn.counters()
    delivered: list[list[Row]] = [[] for _ in range(deliveries)]
    for row in drawn.rows.values():
        if row.dataset not in EVENTS:
            delivered[0].append(row)
            continue
        last = deliveries - 1
        when = pick(range(deliveries))
        match pick(FATES):
            case "twice":
                delivered[when] += [row, row]
            case "again":
                delivered[when].append(row)
                if when < last:
                    delivered[last].append(row)
            case "corrected" if when < last:
                delivered[when].append(earlier_version(row))
                delivered[pick(range(when + 1, deliveries))].append(row)
            case "deleted" if when < last:
                delivered[when].append(row)
                delivered[last].append(Row(row.dataset, row.values, is_deleted=True))
            case _:
                delivered[when].append(row)
    assert all(row.dataset in KEYS for delivery in delivered for row in delivery)
    return Case(zone, tuple(map(tuple, delivered)))
