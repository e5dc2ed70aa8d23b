"""The ledger's book of documents: every document balanced, its lines recorded in the night it was posted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ingest.demo.clock import DAY, HOUR
from ingest.demo.event_log import EventLog
from ingest.demo.plant_layout import COMPANY_ID, CURRENCY
from ingest.demo.tables import COLUMNS

_EXPECTED_COLUMNS = (
    "document_id line_no company_id plant_id account_id cost_center_id order_id item_id posting_date period_id "
    "entered_at amount currency_code transaction_amount transaction_currency_code source_document text reversal_of"
)
assert " ".join(COLUMNS["ledger_posting"]) == _EXPECTED_COLUMNS


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document, debit positive; `foreign` is the same in the currency of the transaction."""

    account_id: str
    amount: Decimal
    cost_center_id: str | None = None
    foreign: Decimal | None = None
    plant_id: str | None = None
    """Where it is not the document's."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before it has a number."""

    on: date
    plant_id: str | None
    lines: tuple[Line, ...]
    text: str
    order_id: str | None = None
    item_id: str | None = None
    source_document: str | None = None
    foreign_currency: str | None = None

    def taken_back(self) -> Draft:
        """Return the document that takes this one back."""
        lines = tuple(
            Line(
                line.account_id,
                -line.amount,
                line.cost_center_id,
                None if line.foreign is None else -line.foreign,
                line.plant_id,
            )
            for line in self.lines
        )
        return Draft(
            self.on,
            self.plant_id,
            lines,
            f"{self.text}, taken back",
            self.order_id,
            self.item_id,
            self.source_document,
            self.foreign_currency,
        )


@dataclass
class Ledger:
    """Writes documents into the log and keeps the balances that closing work needs.

    `work_in_process` holds, by order, what was posted to the accounts named as such and is not yet settled;
    `of_cost_center` what cost centers bear by period.
    """

    log: EventLog
    work_in_process_account: str
    work_in_process: dict[str, list[tuple[date, Decimal]]] = field(default_factory=lambda: defaultdict(list))
    of_cost_center: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    _documents: int = 0

    def post(self, night: int, draft: Draft, reversal_of: str | None = None, hour: int = 22) -> str | None:
        """Write a document in that night, entered at that hour; return its number, None where nothing moves.

        Raise ValueError where the lines do not balance.
        """
        lines = [line for line in draft.lines if line.amount]
        if not lines:
            return None
        if sum(line.amount for line in lines):
            raise ValueError(f"{draft.text} of {draft.source_document or draft.order_id} does not balance: {lines}")
        self._documents += 1
        document_id = f"FI{self._documents:06d}"
        period_id = f"{draft.on:%Y-%m}"
        entered_at = self.log.begin + night * DAY + hour * HOUR
        rows = self.log.rows["ledger_posting"]
        for number, line in enumerate(lines, start=1):
            row = (
                document_id,
                number,
                COMPANY_ID,
                line.plant_id or draft.plant_id,
                line.account_id,
                line.cost_center_id,
                draft.order_id,
                draft.item_id,
                draft.on,
                period_id,
                entered_at,
                line.amount,
                CURRENCY,
                line.foreign,
                draft.foreign_currency if line.foreign is not None else None,
                draft.source_document,
                draft.text,
                reversal_of,
            )
            rows.append((night, row))
            if line.account_id == self.work_in_process_account and draft.order_id is not None:
                self.work_in_process[draft.order_id].append((draft.on, line.amount))
            if line.cost_center_id is not None:
                self.of_cost_center[line.cost_center_id, period_id] += line.amount
        return document_id
