"""What the sensors deliver: states, counter readings, measurements and energy as sent, with the gateways' outages.

An outage announced by the gateway shows as `unknown`; a silent one just lacks the events, so that the state before
holds on. Two units are connected only on the first morning, in the middle of a shift. At two others the operator writes
stops down as well, and his memory overlaps what the machine said.
"""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from itertools import pairwise
from random import Random

from ingest.demo.clock import DAY, HOUR, MINUTE, SECOND
from ingest.demo.event_log import EventLog, Row
from ingest.demo.machine import Machine, StateChange
from ingest.demo.shifts import Segment

CONNECTED_LATE = {"P1-MILL-2": 10 * HOUR + 17 * MINUTE, "P2-LABEL-1": 15 * HOUR + 43 * MINUTE}
"""Time after the first UTC midnight at which a unit's states are first heard."""
OFF_REPEATED_EVERY = 4 * HOUR
"""A unit that is off says so again and again, so that silence can be told from rest."""
LOGGED_SHARE = 0.6
"""The share of breakdowns that the operator writes down, where he does so."""
MEASURED_EVERY = 10 * MINUTE
MEASURED = {
    "P1-TURN-1": (("spindle_load", None, 40, 15),),
    "P1-WASH-1": (("bath_temperature", "degC", 58, 2),),
    "P2-COOK-1": (("kettle_temperature", "degC", 92, 3), ("kettle_pressure", "bar", 2, 1)),
    "P2-COOK-2": (("kettle_temperature", "degC", 94, 3),),
}
"""Tags by unit: name, unit, mean and spread of the value."""


def _outages(log: EventLog, random: Random) -> list[tuple[int, int, bool]]:
    """Return (from, to, announced) for one unit: about one outage in nine days, up to three quarters of an hour."""
    found = []
    for day in range(log.days):
        if random.random() < 0.11:
            start = log.begin + day * DAY + random.randrange(6 * 3600, 22 * 3600) * SECOND
            found.append((start, start + random.randrange(90, 2700) * SECOND, random.random() < 0.5))
    return found


def _with_repeats(states: list[StateChange], end: int) -> list[StateChange]:
    found: list[StateChange] = []
    for number, change in enumerate(states):
        found.append(change)
        until = states[number + 1].at if number + 1 < len(states) else end
        if change.state == "off":
            repeats = range(change.at + OFF_REPEATED_EVERY, until, OFF_REPEATED_EVERY)
            found += [StateChange(at, "off", change.reason_id, None, None) for at in repeats]
    return found


def _heard(states: list[StateChange], outages: list[tuple[int, int, bool]]) -> list[StateChange]:
    for start, end, announced in outages:
        moments = [state.at for state in states]
        first, after = bisect_right(moments, start - 1), bisect_right(moments, end)
        if first == 0:
            continue
        heard = states[:first]
        if announced:
            last = states[after - 1]
            heard.append(StateChange(start, "unknown", None, None, None))
            if last.at < end:
                heard.append(StateChange(end, last.state, last.reason_id, last.order_id, last.operation_no))
            else:
                heard.append(last)
        states = heard + states[after:]
    return states


def _state_rows(states: list[StateChange], reports_ends: bool, random: Random) -> list[tuple[int, Row]]:
    """Return (known at, row without the unit).

    A unit that reports ends does so for its stops, sometimes a little before the next event.
    """
    found = []
    for number, change in enumerate(states):
        ended_at = None
        if reports_ends and change.state in ("down", "delay", "idle") and number + 1 < len(states):
            following = states[number + 1].at
            ended_at = following - random.randrange(15, 90) * SECOND if random.random() < 0.2 else following
            ended_at = max(ended_at, change.at + SECOND)
        operation_no = change.operation_no if change.order_id else None
        known_at = ended_at if ended_at is not None else change.at
        found.append((known_at, (change.at, ended_at, change.state, change.reason_id, change.order_id, operation_no)))
    return found


def _logged_stops(states: list[StateChange], random: Random) -> list[tuple[int, Row]]:
    """Return what the operator writes down of breakdowns, known at the end of his next hour.

    He notes begin and end in whole seconds from memory: begun after the machine said so, ended before or after it ran
    again, and sometimes the repair is called maintenance or cleaning.
    """
    moments = {change.at for change in states}
    found = []
    for change, following in pairwise(states):
        if change.state != "down" or random.random() >= LOGGED_SHARE:
            continue
        start = change.at - change.at % SECOND + random.randrange(20, 240) * SECOND
        end = following.at - following.at % SECOND + random.randrange(-90, 400) * SECOND
        if start in moments or end <= start:
            continue
        moments.add(start)
        state = random.choice(("down", "down", "maintenance", "setup", "delay"))
        reason = random.choice((change.reason_id, change.reason_id, None))
        row = (start, end, state, reason, change.order_id, change.operation_no if change.order_id else None)
        found.append((end + HOUR, row))
    return found


def record_signals(log: EventLog, machines: dict[str, Machine], seed: str) -> None:
    """Record every unit's state changes and counter readings, each in the night after it was known."""
    for unit_id, machine in machines.items():
        random = Random(f"{seed}/signals/{unit_id}")
        outages = _outages(log, random)
        connected = log.begin + CONNECTED_LATE.get(unit_id, -DAY)
        states = [
            change for change in _heard(_with_repeats(machine.states, log.end), outages) if connected <= change.at
        ]
        told = _state_rows(states, machine.unit.habits.reports_ends, random)
        if machine.unit.habits.operator_logs_stops:
            told += _logged_stops(states, Random(f"{seed}/logged/{unit_id}"))
        for known_at, row in told:
            if known_at < log.end:
                log.add_row("machine_state", log.night_of(known_at), (unit_id, *row))
        rolls_over_at = machine.unit.habits.rolls_over_at
        steps = 1 if machine.unit.plant_id == "P1" or "COOK" not in unit_id else 10
        for reading in machine.readings:
            is_told_again = reading.kind == "cumulative"
            lost = is_told_again and any(start <= reading.at < end for start, end, _ in outages)
            if lost or reading.at >= log.end:
                continue
            value = reading.value if steps == 1 else Decimal(reading.value) / steps
            row = (unit_id, reading.counter, reading.at, value, reading.kind, rolls_over_at, reading.order_id)
            log.add_row("production_counter", log.night_of(reading.at), row)


def record_energy(log: EventLog, machines: dict[str, Machine], segments: dict[str, list[Segment]], seed: str) -> None:
    """Record hourly energy: standby always, and the unit's power in the hours in which it has a working segment."""
    for unit_id, machine in machines.items():
        random = Random(f"{seed}/energy/{unit_id}")
        power = machine.unit.habits.kilowatts
        busy_hours = {
            hour
            for segment in segments[unit_id]
            if segment.kind == "work"
            for hour in range(segment.start // HOUR, (segment.end - 1) // HOUR + 1)
        }
        for hour in range(log.begin // HOUR, log.end // HOUR):
            load = random.uniform(0.55, 0.95) if hour in busy_hours else random.uniform(0.04, 0.06)
            kwh = f"{power * load:.3f}"
            row = (f"M-{unit_id}", hour * HOUR, hour * HOUR + HOUR, unit_id, machine.unit.plant_id, kwh)
            log.add_row("energy_reading", log.night_of(hour * HOUR + HOUR - 1), row)


def record_measurements(log: EventLog, machines: dict[str, Machine], seed: str) -> None:
    """Record a few tags of a few units; now and then the probe is doubtful, or broken and says nonsense."""
    for unit_id, tags in MEASURED.items():
        for tag, unit, mean, spread in tags if unit_id in machines else ():
            random = Random(f"{seed}/measurements/{unit_id}/{tag}")
            for at in range(log.begin, log.end, MEASURED_EVERY):
                chance = random.random()
                quality = "bad" if chance < 0.01 else "uncertain" if chance < 0.02 else "good"
                hundredths = 100 * mean + random.randrange(-100 * spread, 100 * spread)
                value = Decimal(-99999 if quality == "bad" else hundredths).scaleb(-2)
                row = (unit_id, tag, at, value, unit, None if quality == "good" and chance < 0.1 else quality)
                log.add_row("process_measurement", log.night_of(at), row)
