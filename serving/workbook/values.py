"""What a cell may hold: numbers that Excel shows exactly, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

DIGITS = 15
"""Significant digits that Excel keeps of a number; of more it keeps zeros."""
TEXT_LENGTH = 32_767
"""Characters that a cell holds."""

# Excel, LibreOffice and Google Sheets take text for a formula by its first character, some by the wide forms too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# The writer takes text between these for markup of its own and would copy it into the file as it stands.
_MARKUP_START = "<r>"


def safe_text(text: str) -> str:
    """Return text that stays text, here and where the sheet is saved as CSV: a formula's first character is quoted."""
    quoted = f"'{text}" if text.startswith((*_FORMULA_STARTS, _MARKUP_START)) else text
    return quoted if len(quoted) <= TEXT_LENGTH else quoted[: TEXT_LENGTH - 1] + "…"


def fits(number: Decimal | int) -> bool:
    """Whether Excel keeps every digit of the number."""
    digits = Decimal(number).normalize().as_tuple()
    return len(digits.digits) + max(int(digits.exponent), 0) <= DIGITS


def exact_text(number: Decimal | int) -> str:
    """The number in words of digits, for what Excel would round: 12,345,678,901,234,567.89."""
    return f"{number:,}"


def cell_value(value: Any) -> Any:
    """Return what is written for a value of the warehouse: a number, a date, text, or None for nothing."""
    match value:
        case None | date() | datetime():
            return value
        case bool():
            return "yes" if value else "no"
        case int() | Decimal():
            return value if fits(value) else exact_text(value)
        case _:
            return safe_text(str(value))
