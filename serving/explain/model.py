"""What a figure is made of, as the catalogue declares it, and what is told about one row of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, Protocol

from settings.errors import TieoutError

Unit = Literal["money", "quantity", "hours", "seconds", "count", "ratio"]

ROW_COLUMNS = (
    "step",
    "dataset",
    "document",
    "posting_date",
    "item_id",
    "operation_no",
    "cost_center_id",
    "qty",
    "hours",
    "price",
    "amount",
    "source_file",
    "source_line",
    "note",
)
"""What a relation of source rows tells of each, beside the key of the row whose figure they are part of."""


class ExplainError(TieoutError):
    """The question names no figure, no row, or more rows than can be explained as one."""


class NotProvedError(TieoutError):
    """The source rows do not add up to the figure."""

    exit_status = 1


@dataclass(frozen=True)
class Sum:
    """A figure that is the sum of source rows.

    `rows` is a SELECT of the mart's key columns and ROW_COLUMNS for every row of the mart; amounts are signed.
    """

    rows: str


@dataclass(frozen=True)
class Term:
    """A figure that is added (1) to another or taken off it (−1): of the same row, or of the rows that `via` names.

    `via` is a SELECT of the columns of the upper mart's key, prefixed `of_`, and of the key of the lower mart.
    """

    sign: Literal[1, -1]
    mart: str
    column: str
    via: str = ""


@dataclass(frozen=True)
class Combination:
    """A figure that is the sum of others."""

    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Ratio:
    """A figure that is a quotient of two others of the same row; `digits` says to how many decimals it is rounded."""

    numerator: str
    denominator: str
    digits: int = 4


@dataclass(frozen=True)
class Figure:
    """One column of a mart.

    formula: in words; `{column}` stands for a value of the row, `{part.x}` for the sum of the source rows of step x.
    rounding: `exact`, or `cents` where a figure was rounded together with others: the rows then miss it by less.
    not_over: columns over which the figure cannot be summed.
    """

    mart: str
    column: str
    source: Sum | Combination | Ratio
    formula: str
    unit: Unit = "money"
    rounding: Literal["exact", "cents"] = "exact"
    not_over: tuple[str, ...] = ()
    status: str = ""
    since: str = ""

    @property
    def name(self) -> str:
        """`schema.table.column`."""
        return f"{self.mart}.{self.column}"


@dataclass(frozen=True)
class Mart:
    """A mart: its key, and the columns that people tell its rows apart by."""

    name: str
    key: tuple[str, ...]
    told_by: tuple[str, ...]
    unit_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceRow:
    """One row that a figure is the sum of, with its signed part of it; without an amount it is evidence only."""

    step: str
    dataset: str | None = None
    document: str | None = None
    posting_date: Any = None
    item_id: str | None = None
    operation_no: int | None = None
    cost_center_id: str | None = None
    qty: Decimal | None = None
    hours: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    source_file: str | None = None
    source_line: int | None = None
    note: str | None = None
    delivered: str | None = None

    def placed(self, told: Mapping[str, Any], **more: Any) -> SourceRow:
        """The same row with the file and line of a delivered row."""
        return replace(self, source_file=told["source_file"], source_line=told["source_line"], **more)


@dataclass(frozen=True)
class Step:
    """A line of the tree between a figure and its source rows."""

    words: str
    amount: Decimal | None
    children: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """Everything told about one figure."""

    figure: Figure
    value: Decimal | None
    unit: str
    row: Mapping[str, Any]
    row_count: int
    meaning: str
    formula: str
    status: str
    build_id: str
    as_of: str
    steps: tuple[Step, ...] = ()
    rows: tuple[SourceRow, ...] = ()
    standards: tuple[SourceRow, ...] = ()
    parts: tuple[Explanation, ...] = ()

    @property
    def total(self) -> Decimal:
        """The sum of the source rows."""
        return sum((row.amount for row in self.rows if row.amount is not None), Decimal(0))

    @property
    def holds(self) -> bool:
        """Whether the source rows add up to the figure, and those of its parts to theirs."""
        own = self.value is None or isinstance(self.figure.source, Ratio) or self.total == self.value
        return own and all(part.holds for part in self.parts)


class DeliveredRows(Protocol):
    """The rows as taken in, as far as the build that answers knew them."""

    def find(self, dataset: str, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return the latest accepted rows with these values: their columns, source_file and source_line."""
        ...

    def text(self, dataset: str, source_file: str, source_line: int) -> str | None:
        """Return the delivered line itself, personal columns masked; None where the file is not kept."""
        ...
