"""What source.yml declares of a table of sensor readings: its shape, its clock, and what each tag of a machine is.

The declaration stands under `signals`, one entry a table. From it come the SELECTs of machine_state,
production_counter, process_measurement and energy_reading (signals_sql.py); nobody writes them by hand.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from ingest.contracts.model import Name
from ingest.mapping.vocabulary import State, States, Word

Text = Annotated[str, StringConstraints(min_length=1)]
Shape = Literal["long", "wide", "shdr", "sparkplug"]

_EPOCHS = {"epoch_s", "epoch_ms", "epoch_us"}
_LETTERS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "a": "%p",
    "XXX": "%z",
}


def _exact(value: Any) -> Any:
    """Read a factor as it is written; a YAML float has its shortest text, which is what was written."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


Factor = Annotated[Decimal, BeforeValidator(_exact), Field(max_digits=12, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class Moment(_Strict):
    """Where the time stands and how it is written: ISO 8601, or `format`.

    A format is written with letters (dd/MM/yyyy HH:mm) or with % as in strptime, or is epoch_s, epoch_ms or epoch_us.
    With `midnight: ends_day`, 00:00 under a date is the end of that day and not its beginning.
    """

    column: Text
    format: Text | None = None
    midnight: Literal["begins_day", "ends_day"] = "begins_day"

    @model_validator(mode="after")
    def _readable(self) -> Moment:
        if self.format and not self.is_epoch and "%" not in self.format:
            unknown = next((part for part in _parts(self.format) if part.isalpha() and part not in _LETTERS), None)
            if unknown:
                raise ValueError(f"{unknown!r} is no part of a time; write for example dd/MM/yyyy HH:mm")
        if self.midnight == "ends_day" and (self.is_epoch or not self.format):
            raise ValueError("`midnight: ends_day` needs the `format` of the time")
        return self

    @property
    def is_epoch(self) -> bool:
        """Say whether the time is a number of units since 1970 in UTC."""
        return self.format in _EPOCHS

    @property
    def strptime(self) -> str:
        """The format with %-letters."""
        text = self.format or ""
        if "%" in text:
            return text
        return "".join(_LETTERS.get(part, part.strip("'")) for part in _parts(text))


def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ValueError(f"{expression!r} is no regular expression ({error})") from error


def _parts(form: str) -> list[str]:
    """Split a format into runs of one letter, quoted texts and what stands between."""
    return [found[0] for found in re.finditer(r"'[^']*'|([A-Za-z])\1*|[^A-Za-z']+", form)]


class Naming(_Strict):
    """Where a name stands: in a column, always the same (`is`), or in the path of the file.

    `file` is a regular expression over the path below the source's folder, its first group is the name. `pattern` is
    one over the name as delivered, `becomes` what is made of it (\\1 is its first group). `names` lists names one by
    one. With `pattern` or `names`, a name that neither covers is refused.
    """

    column: Text | None = None
    is_: Annotated[Text | None, Field(alias="is")] = None
    file: Text | None = None
    names: dict[Word, Word] = {}
    pattern: Text | None = None
    becomes: Text | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Naming:
        if sum(place is not None for place in (self.column, self.is_, self.file)) > 1:
            raise ValueError("name one of `column`, `is` and `file`")
        if (self.pattern is None) != (self.becomes is None):
            raise ValueError("`pattern` and `becomes` belong together")
        if self.pattern:
            _compiled(self.pattern)
        if self.file and not _compiled(self.file).groups:
            raise ValueError(f"{self.file!r} needs a group in parentheses, which is the name")
        return self

    @property
    def is_list(self) -> bool:
        """Say whether only names that are declared may come."""
        return bool(self.names or self.pattern)


class Interval(_Strict):
    """Readings that stand for a stretch of time: how long it is, and which of its ends the stamp is."""

    seconds: Annotated[int, Field(ge=1, le=86_400)]
    stamped_at: Literal["start", "end"]


class _Signal(_Strict):
    fields: Annotated[int, Field(ge=1, le=20)] = 1
    """SHDR: how many fields follow the name; with more than one it has the line for itself, and the first counts."""


class StateSignal(_Signal):
    """The tag says what the machine does, or a part of it (`role`, as the vocabulary calls it)."""

    kind: Literal["state"]
    role: Name | None = None
    words: dict[Word, State] = {}


class ContextSignal(_Signal):
    """The tag tells why the machine is in its state, which order is on it, or which operation."""

    kind: Literal["reason", "order", "operation"]


class CounterSignal(_Signal):
    """The tag counts pieces. `scale` turns its standings into pieces, and `rolls_over_at` is in standings."""

    kind: Literal["counter"]
    counter: Literal["good", "scrap", "rework", "total"]
    reading: Literal["cumulative", "increment"]
    rolls_over_at: Annotated[Decimal, BeforeValidator(_exact), Field(ge=1, max_digits=12)] | None = None
    scale: Factor = Decimal(1)

    @model_validator(mode="after")
    def _consistent(self) -> CounterSignal:
        if self.rolls_over_at and self.reading == "increment":
            raise ValueError("an increment does not roll over; leave `rolls_over_at` out")
        if self.scale <= 0:
            raise ValueError("`scale` must be above 0")
        return self


class MeasurementSignal(_Signal):
    """The tag is a physical value; what is stored is value times `scale` plus `offset`, in `unit`."""

    kind: Literal["measurement"]
    unit: Text | None = None
    scale: Factor = Decimal(1)
    offset: Factor = Decimal(0)
    name: Text | None = None


class EnergySignal(_Signal):
    """The tag is the energy drawn in the interval; what is stored is value times `scale`, in kWh."""

    kind: Literal["energy"]
    meter: Text | None = None
    scale: Factor = Decimal(1)


class IgnoredSignal(_Signal):
    """The tag is known and says nothing that a dataset holds."""

    kind: Literal["ignored"]


Signal = Annotated[
    StateSignal | ContextSignal | CounterSignal | MeasurementSignal | EnergySignal | IgnoredSignal,
    Field(discriminator="kind"),
]


class Signals(_Strict):
    """One table of readings.

    `tags` tells of each tag what it is; a * in its name stands for any letters, and a full name counts before one
    with a *, else the first that fits. A tag that fits none is refused by name. `tag_pattern` splits a tag that holds
    the machine's name too, with groups called machine and tag. `no_value` are texts that mean "nothing measured".
    """

    shape: Shape
    time: Annotated[Moment, BeforeValidator(_as_column)] | None = None
    machine: Annotated[Naming, BeforeValidator(_as_column)] | None = None
    tag: Annotated[Naming, BeforeValidator(_as_column)] | None = None
    tag_pattern: Text | None = None
    value: Text = "value"
    no_value: tuple[Word, ...] = ()
    interval: Interval | None = None
    states: States | None = None
    tags: Annotated[dict[Word, Signal], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Signals:
        if self.shape in ("long", "wide") and not self.time:
            raise ValueError("name the column of the `time`")
        if self.shape == "long" and not (self.tag or self.tag_pattern):
            raise ValueError("name the column of the `tag`, or write what it `is`")
        if self.shape != "long" and self.tag:
            raise ValueError(f"`tag` is for the shape long; {self.shape} names its tags itself")
        if self.shape == "shdr" and self.time:
            raise ValueError("the time of an SHDR line is its first field; leave `time` out")
        if self.tag_pattern:
            groups = _compiled(self.tag_pattern).groupindex
            if set(groups) != {"machine", "tag"}:
                raise ValueError("`tag_pattern` needs two groups, (?P<machine>…) and (?P<tag>…)")
        needs_machine = any(not isinstance(one, EnergySignal | IgnoredSignal) for one in self.tags.values())
        if needs_machine and not (self.machine or self.tag_pattern or self.shape == "sparkplug"):
            raise ValueError("say which `machine` it is: a column, `is`, `file`, or a `tag_pattern`")
        if any(isinstance(one, EnergySignal) for one in self.tags.values()) and not self.interval:
            raise ValueError("energy needs the `interval` that it was drawn in")
        return self

    @property
    def exact(self) -> dict[str, Signal]:
        """The signals declared under their full name."""
        return {tag: signal for tag, signal in self.tags.items() if "*" not in tag}

    @property
    def wild(self) -> dict[str, Signal]:
        """The signals declared with a *, first declared first."""
        return {tag: signal for tag, signal in self.tags.items() if "*" in tag}
