"""Numbers as people read them: thousands apart, money to the cent, no zeros that say nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def spoken(value: Any, unit: str = "money") -> str:
    """Return a number in its unit's usual form; every digit that is not 0 stays."""
    if value is None:
        return "—"
    number = Decimal(value)
    least = {"money": 2, "price": 2, "ratio": 2}.get(unit, 0)
    text = f"{number:,f}"
    if "." in text:
        whole, digits = text.split(".")
        digits = digits.rstrip("0").ljust(least, "0")
        text = f"{whole}.{digits}" if digits else whole
    elif least:
        text = f"{text}.{'0' * least}"
    return text.replace("-", "−")
