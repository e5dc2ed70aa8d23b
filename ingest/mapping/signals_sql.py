"""The SELECTs that declared signals stand for: one a sensor dataset, over one table of readings.

Each row keeps its file and line. A reading that nothing declares (an unknown tag, an unknown machine) and a line that
cannot be read go, with the reason, to the first dataset that the table feeds, where the contract's check sets them
aside; so each is refused once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from ingest.mapping.readings_sql import PROTOCOL_METRICS, like, readings
from ingest.mapping.signals import (
    ContextSignal,
    CounterSignal,
    EnergySignal,
    IgnoredSignal,
    MeasurementSignal,
    Signal,
    Signals,
    StateSignal,
)
from ingest.mapping.vocabulary import Dictionary
from ingest.transports.relation import UNDECLARED, literal, names_offset

_DATASETS: dict[str, type[Signal]] = {
    "machine_state": StateSignal,
    "production_counter": CounterSignal,
    "process_measurement": MeasurementSignal,
    "energy_reading": EnergySignal,
    "none": IgnoredSignal,
}
_DELIVERED = "coalesce(delivered_line, concat_ws(', ', moment::varchar, machine_said, tag_said, value::varchar))"
_S = TypeVar("_S")
_NOTHING = "null::varchar"
_CONTEXTS = ("reason", "order", "operation")


@dataclass(frozen=True)
class Select:
    """The SELECT of one dataset; `reads_once` says that it goes through its table a single time."""

    sql: str
    reads_once: bool


def datasets(
    table: str, signals: Signals, words: Dictionary, zone: str | None, *, decimal: str = ".", is_parquet: bool = False
) -> dict[str, Select]:
    """Return the SELECT of each dataset that a table of readings feeds; its numbers have the mark `decimal`.

    `zone` is the clock of local times where the source names one; lengths of intervals are added in it. Of Parquet
    each dataset reads its own tags, and the misfits are looked for apart; of text everything is read in one pass.
    """
    made = _Maker(table, signals, words, zone, decimal, is_parquet)
    parts = {
        "machine_state": made.states(),
        "production_counter": made.counters(),
        "process_measurement": made.measurements(),
        "energy_reading": made.energy(),
    }
    return {dataset: made.select(dataset, sql) for dataset, sql in parts.items() if sql}


class _Maker:
    """The pieces of SQL that the datasets of one table share."""

    def __init__(
        self, table: str, signals: Signals, words: Dictionary, zone: str | None, decimal: str, is_parquet: bool
    ) -> None:
        self._signals = signals
        self._words = words
        self._zone = zone
        self._mark = decimal
        self._is_parquet = is_parquet
        self._readings = readings(table, signals)
        self._exact = signals.exact
        self._wild = dict(signals.wild)
        if signals.shape == "sparkplug":
            protocol = {name: IgnoredSignal(kind="ignored") for name in PROTOCOL_METRICS}
            self._wild |= {name: one for name, one in protocol.items() if "*" in name}
            self._exact |= {name: one for name, one in protocol.items() if "*" not in name}
        self._home = next(dataset for dataset, kind in _DATASETS.items() if self._of(kind) or dataset == "none")
        is_plain = signals.shape == "long" and not self._contexts() and len(self._roles()) < 2
        self._in_one_pass = is_plain and not is_parquet

    def select(self, dataset: str, sql: str) -> Select:
        """The whole SELECT of a dataset, with the misfits if it is the first that the table feeds."""
        if dataset != self._home:
            return Select(f"with reading as (\n  {self._readings}\n){sql}", self._signals.shape != "wide")
        if not self._in_one_pass:
            # Kept as a whole, the readings would no longer be read by tag.
            kept = "not materialized" if self._is_parquet else ""
            body = f"with reading as {kept} (\n  {self._readings}\n){sql}"
            return Select(f"{body}\nunion all by name\n{self._misfits()}", False)
        judged = f"select * replace ({self._problem()} as shape_problem) from (\n  {self._readings}\n  )"
        return Select(f"with reading as (\n  {judged}\n){sql}", True)

    def states(self) -> str | None:
        """machine_state: one row a reading of the state, or, where several tags tell, one a moment at which one does.

        What a tag has last said in the same file holds until it says something else.
        """
        told = self._of(StateSignal)
        if not told:
            return None
        roles = {tag: self._role(signal) for tag, signal in told.items()}
        if len(self._roles()) == 1 and not self._contexts():
            (role,) = self._roles()
            return f"""
select machine as work_unit_id, {self._span()},
    {self._words.state_sql({role: "word"})} as state,{self._as("reason_id", self._words.reason_sql("word"))}
    {self._place("machine_state")}
from (select *, {_word("value")} as word from reading where {self._is(told)}{self._or_misfit("machine_state")})
{self._deaths()}"""
        used = list(dict.fromkeys(role for role in self._words.roles if role in roles.values()))
        rank = {role: number for number, role in enumerate([*used, *self._contexts()])}
        ranks = {tag: str(rank[role]) for tag, role in roles.items()}
        ranks |= {tag: str(rank[one.kind]) for tag, one in self._of(ContextSignal).items()}
        main = f"told_{used[0]}" if used and used[0] == self._words.roles[0] else _NOTHING
        reason = self._words.reason_sql(main)
        if "reason" in rank:
            heard = self._context("reason")
            reason = f"coalesce({self._words.reason_sql(heard)}, {heard}, {reason})"
        return f""",
{self._told([*used, *self._contexts()], roles)},
moment_told as (
  select *, min(rank) over (partition by source_file, machine, instant) as first_rank
  from (select *, {self._choose(ranks)} as rank from told where {self._is({**told, **self._of(ContextSignal)})})
)
select machine as work_unit_id, {self._span()},
    {self._words.state_sql({role: f"told_{role}" for role in used})} as state,{self._as("reason_id", reason)}
    {self._as("order_id", self._context("order"))}{self._as("operation_no", self._context("operation"))}
    {self._place()}
from moment_told
where rank = first_rank and coalesce({", ".join(f"told_{role}" for role in used)}, null) is not null{self._deaths()}"""

    def counters(self) -> str | None:
        """production_counter: one row a reading of a counter."""
        counted = self._of(CounterSignal)
        if not counted:
            return None
        turns = {t: self._written(s.rolls_over_at * s.scale) if s.rolls_over_at else "null" for t, s in counted.items()}
        scales = {tag: (signal.scale, Decimal(0)) for tag, signal in counted.items()}
        starts = {s.reading for s in counted.values()} == {"increment"}
        at = self._start() if self._signals.interval and starts else "moment"
        if self._signals.interval and not starts:
            kinds = {tag: self._start() if s.reading == "increment" else "moment" for tag, s in counted.items()}
            at = self._choose(kinds, "varchar")
        told, order = "", _NOTHING
        source = "reading"
        if "order" in self._contexts():
            told, order, source = f",\n{self._told(['order'], {})}", self._context("order"), "told"
        return f"""{told}
select machine as work_unit_id,
    {self._choose({tag: literal(signal.counter) for tag, signal in counted.items()})} as counter,
    {at} as occurred_at,
    {self._scaled(scales)} as value,
    {self._choose({tag: literal(signal.reading) for tag, signal in counted.items()})} as reading_kind,
    {self._as("rolls_over_at", self._choose(turns))}{self._as("order_id", order)}
    {self._place("production_counter")}
from {source}
where {self._is(counted)}{self._has_value()}{self._or_misfit("production_counter")}"""

    def measurements(self) -> str | None:
        """process_measurement: one row a reading of a physical value."""
        measured = self._of(MeasurementSignal)
        if not measured:
            return None
        names = {tag: literal(signal.name) if signal.name else "tag" for tag, signal in measured.items()}
        units = {tag: literal(signal.unit) if signal.unit else "null" for tag, signal in measured.items()}
        return f"""
select machine as work_unit_id,
    {self._choose(names)} as tag,
    {self._start() if self._signals.interval else "moment"} as occurred_at,
    {self._scaled({tag: (signal.scale, signal.offset) for tag, signal in measured.items()})} as value,
    {self._as("unit", self._choose(units))}
    {self._place("process_measurement")}
from reading
where {self._is(measured)}{self._has_value()}{self._or_misfit("process_measurement")}"""

    def energy(self) -> str | None:
        """energy_reading: one row a reading of the energy drawn in an interval."""
        drawn = self._of(EnergySignal)
        if not drawn:
            return None
        meters = {tag: literal(signal.meter) if signal.meter else "tag" for tag, signal in drawn.items()}
        return f"""
select {self._choose(meters)} as meter_id,
    {self._start()} as interval_start_at,
    {self._end()} as interval_end_at,
    machine as work_unit_id,
    {self._scaled({tag: (signal.scale, Decimal(0)) for tag, signal in drawn.items()})} as kwh,
    {self._place("energy_reading")}
from reading
where {self._is(drawn)}{self._has_value()}{self._or_misfit("energy_reading")}"""

    def _misfits(self) -> str:
        """Lines that cannot be read, and readings that nothing declares, each with the reason."""
        return f"""select source_file, source_line, {self._problem()} as shape_problem, {_DELIVERED} as delivered_line
from reading
where {" or ".join(f"({one})" for one, _ in self._problems())}"""

    def _problem(self) -> str:
        """SQL of what is wrong with a reading that no dataset can take, else null."""
        return f"case {' '.join(f'when {condition} then {reason}' for condition, reason in self._problems())} end"

    def _problems(self) -> list[tuple[str, str]]:
        """(condition, reason) as SQL. A Parquet reader skips what such plain conditions rule out: they cost nothing."""
        every = {**self._exact, **self._wild}
        lives = "not dies and " if self._signals.shape == "sparkplug" else ""
        problems = [
            ("shape_problem is not null", "shape_problem"),
            (
                f"{lives}(tag is null or not ({self._is(every, readable=False)}))",
                f"{literal(UNDECLARED + 'tag ')} || coalesce(tag_said, '(none)') "
                "|| ' is none of those that source.yml declares; add it there, if only as ignored'",
            ),
        ]
        if self._signals.machine and self._signals.machine.is_list:
            speaking = {tag: one for tag, one in every.items() if not isinstance(one, IgnoredSignal)}
            problems.append(
                (
                    f"{lives}machine is null and ({self._is(speaking, readable=False)})",
                    f"{literal(UNDECLARED + 'machine ')} || coalesce(machine_said, '(none)') "
                    "|| ' is none of those that source.yml names; add it there'",
                )
            )
        return problems

    def _or_misfit(self, dataset: str) -> str:
        return " or shape_problem is not null" if self._in_one_pass and dataset == self._home else ""

    def _told(self, heard: list[str], roles: Mapping[str, str]) -> str:
        """The CTE `told`: each reading with what every tag of `heard` said last, at the same moment or before."""
        contexts = self._of(ContextSignal)
        groups = {name: self._some(tag for tag, s in contexts.items() if s.kind == name) for name in _CONTEXTS}
        groups |= {role: self._some(t for t, of in roles.items() if of == role) for role in self._words.roles}
        said = ",\n      ".join(
            f"case when {self._is(groups[name], readable=False)} then {self._spoken(name)} end as said_{name}"
            for name in heard
        )
        last = ",\n    ".join(f"last_value(said_{name} ignore nulls) over before as told_{name}" for name in heard)
        wanted = self._is({**self._of(StateSignal), **self._of(ContextSignal), **self._of(CounterSignal)})
        return f"""told as (
  select *, {last}
  from (
    select *, {_instant("moment")} as instant,
      {said}
    from reading where {wanted}
  )
  window before as (
    partition by source_file, machine order by instant range between unbounded preceding and current row
  )
)"""

    def _spoken(self, name: str) -> str:
        """A blank, or no value, of a context ends what was said before; of a state it says nothing."""
        word = _word("value")
        if name not in _CONTEXTS:
            return f"nullif({word}, '')"
        return f"case when {word} is null or {word} in ({self._no_value() or literal('')}) then '' else {word} end"

    def _contexts(self) -> list[str]:
        kinds = {signal.kind for signal in self._of(ContextSignal).values()}
        return [name for name in _CONTEXTS if name in kinds]

    def _context(self, name: str) -> str:
        return f"nullif(told_{name}, '')" if name in self._contexts() else _NOTHING

    @staticmethod
    def _as(column: str, value: str) -> str:
        """A column of the SELECT, unless it is null in every row: a column that is absent costs nothing later."""
        return "" if value == _NOTHING else f" {value} as {column},"

    def _deaths(self) -> str:
        """A death says that the machine's state is unknown from then on, and nothing else."""
        if self._signals.shape != "sparkplug":
            return ""
        states = self._is(self._of(StateSignal))
        named = "alive.machine is not null"
        return f"""
union all by name
select machine as work_unit_id, moment as occurred_at, 'unknown' as state, {self._place()}
from (
  select alive.machine, death.moment, death.source_file, death.source_line, death.delivered_line,
    case when {named} then null
      else 'a death of ' || death.machine_said || ', of which this file knows no machine' end as shape_problem
  from (select * from reading where dies and shape_problem is null) as death
  left join (select distinct source_file, edge, machine, machine_said from reading where {states}) as alive
    on death.source_file = alive.source_file and death.edge = alive.edge
      and (death.machine_said = split_part(death.edge, '/', -1) or death.machine_said = alive.machine_said)
)"""

    def _of(self, kind: type[_S]) -> dict[str, _S]:
        every = {**self._exact, **self._wild}
        return {tag: signal for tag, signal in every.items() if isinstance(signal, kind)}

    def _some(self, tags: Iterable[str]) -> dict[str, Signal]:
        every = {**self._exact, **self._wild}
        return {tag: every[tag] for tag in tags}

    def _roles(self) -> set[str]:
        return {self._role(signal) for signal in self._of(StateSignal).values()}

    def _role(self, signal: Signal) -> str:
        return (signal.role if isinstance(signal, StateSignal) else None) or self._words.roles[0]

    def _is(self, signals: Mapping[str, Signal], *, readable: bool = True) -> str:
        """SQL: the reading's tag is one of these. Full names are one IN, which Parquet readers skip by."""
        parts = []
        exact = [tag for tag in signals if tag in self._exact]
        if exact:
            parts.append(f"tag in ({', '.join(literal(tag) for tag in exact)})")
        before: list[str] = []
        for tag in self._wild:
            if tag in signals:
                others = [f"not {like('tag', one)}" for one in before if one not in signals]
                if self._exact:
                    others.insert(0, f"tag not in ({', '.join(literal(one) for one in self._exact)})")
                parts.append(" and ".join([like("tag", tag), *others]))
            before.append(tag)
        either = " or ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0] if parts else "false"
        if not readable:
            return either
        conditions = [f"({either})" if len(parts) > 1 else either, "shape_problem is null"]
        if self._signals.machine and self._signals.machine.is_list:
            conditions.append("machine is not null")
        return " and ".join(conditions)

    def _choose(self, by_tag: Mapping[str, str], kind: str = "") -> str:
        """SQL of the value that each tag stands for; one alone where all are the same."""
        if len(set(by_tag.values())) == 1:
            only = next(iter(by_tag.values()))
            return _NOTHING if only == "null" else only
        wilds = [tag for tag in self._wild if tag in by_tag]
        branches = [f"when tag = {literal(tag)} then {to}" for tag, to in by_tag.items() if tag in self._exact]
        branches += [f"when {like('tag', tag)} then {by_tag[tag]}" for tag in wilds]
        return f"case {' '.join(branches)} end" + (f"::{kind}" if kind else "")

    def _scaled(self, by_tag: Mapping[str, tuple[Decimal, Decimal]]) -> str:
        plain = {tag for tag, (scale, offset) in by_tag.items() if scale == 1 and not offset}
        if len(plain) == len(by_tag):
            return "value"
        return self._choose({tag: self._linear(*factors) for tag, factors in by_tag.items()})

    def _linear(self, scale: Decimal, offset: Decimal) -> str:
        """SQL of value × scale + offset, exact as far as 38 digits go; a text that is no number stays as it is.

        Numbers are read and written with the table's own decimal mark, which the contract's check goes by.
        """
        if scale == 1 and not offset:
            return "value::varchar"
        text = "value::varchar"
        if self._mark == ",":
            text = f"""case when regexp_full_match({text}, '[+-]?(\\d{{1,3}}(\\.\\d{{3}})+|\\d*)(,\\d*)?')
      then replace(replace({text}, '.', ''), ',', '.') end"""
        exact = f"try_cast({text} as decimal(26, 15)) * {_decimal(scale)}"
        rough = f"try_cast({text} as double) * {scale}::double"
        if offset:
            exact = f"({exact})::decimal(38, 15) + {_decimal(offset)}::decimal(38, 15)"
            rough = f"{rough} + {offset}::double"
        number = f"coalesce(({exact})::varchar, ({rough})::varchar)"
        if self._mark == ",":
            number = f"replace({number}, '.', ',')"
        return f"coalesce({number}, value::varchar)"

    def _written(self, number: Decimal) -> str:
        text = format(number.normalize(), "f")
        return literal(text.replace(".", ",")) if self._mark == "," else _decimal(number)

    def _has_value(self) -> str:
        words = self._no_value()
        return (
            f"\n    and coalesce(value::varchar, '') not in ({words})" if self._signals.no_value or self._shdr() else ""
        )

    def _shdr(self) -> bool:
        return self._signals.shape == "shdr"

    def _no_value(self) -> str:
        """The texts that mean "nothing measured", as a SQL list: those declared, and MTConnect's own word."""
        words = [*self._signals.no_value, *(["UNAVAILABLE"] if self._shdr() else []), ""]
        return ", ".join(literal(word) for word in words)

    def _place(self, dataset: str = "") -> str:
        if self._or_misfit(dataset):
            line = f"case when shape_problem is not null then {_DELIVERED} end as delivered_line"
            return f"source_file, source_line, shape_problem, {line}"
        return "source_file, source_line, shape_problem, delivered_line"

    def _span(self) -> str:
        if self._signals.interval is None:
            return "moment as occurred_at"
        return f"{self._start()} as occurred_at, {self._end()} as ended_at"

    def _start(self) -> str:
        interval = self._signals.interval
        return "moment" if interval is None or interval.stamped_at == "start" else self._moved(-interval.seconds)

    def _end(self) -> str:
        interval = self._signals.interval
        return "moment" if interval is None or interval.stamped_at == "end" else self._moved(interval.seconds)

    def _moved(self, seconds: int) -> str:
        """SQL of `moment` moved by seconds of real time; what is no time stays as it is, to be refused.

        A local time is moved in its zone, unless the clock skips or repeats it: then it is refused as it stands.
        Without a zone the clock is taken to run evenly.
        """
        text, local = "moment::varchar", "try_cast(moment::varchar as timestamp)"
        step, form = f"to_seconds({seconds})", "'%Y-%m-%dT%H:%M:%S.%f'"
        moved = f"strftime({local} + {step}, {form})"
        if self._zone:
            zone = literal(self._zone)
            moment = f"timezone({zone}, {local})"
            sure = " and ".join(
                f"timezone({zone}, {moment} {sign} interval {minutes} minute) <> {local}"
                for minutes in (30, 60)
                for sign in "+-"
            )
            moved = f"""case when timezone({zone}, {moment}) = {local} and {sure}
      then strftime(timezone('UTC', {moment} + {step}), {form}) || 'Z' end"""
        return f"""coalesce(case when {_has_offset(text)}
      then strftime({_instant("moment")} + {step}, {form}) || 'Z' else {moved} end, {text})"""


def _word(value: str) -> str:
    """SQL of a value as a word: trimmed, and 3 rather than 3.0 where a number stands for a state."""
    text = f"trim({value}::varchar)"
    return f"case when ends_with({text}, '.0') then left({text}, -2) else {text} end"


def _has_offset(text: str) -> str:
    return f"(ends_with({text}, 'Z') or {names_offset(text)})"


def _instant(at: str) -> str:
    """SQL of a moment that readings of one file can be ordered by."""
    return f"timezone('UTC', try_cast({at}::varchar as timestamptz))"


def _decimal(number: Decimal) -> str:
    """SQL of an exact number, with as many digits as it has."""
    text = format(number.normalize(), "f")
    whole, _, fraction = text.lstrip("-").partition(".")
    width = len(whole.lstrip("0")) + len(fraction)
    return f"{literal(text)}::decimal({max(width, 1)}, {len(fraction)})"
