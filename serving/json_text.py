"""JSON that keeps decimals exact: a DECIMAL is written with all its digits, never through a binary float."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


def json_text(value: Any) -> str:
    """Return `value` as JSON on one line.

    Decimals and integers are number literals with every digit; dates and times are ISO 8601; NaN and the infinities,
    which JSON cannot say, are null; bytes are hexadecimal; anything unknown is its text.
    """
    match value:
        case None:
            return "null"
        case bool() | int():
            return json.dumps(value)
        case float():
            return json.dumps(value) if math.isfinite(value) else "null"
        case Decimal():
            return f"{value:f}" if value.is_finite() else "null"
        case Mapping():
            return "{" + ", ".join(f"{json_text(str(name))}: {json_text(item)}" for name, item in value.items()) + "}"
        case list() | tuple() | set() | frozenset():
            return "[" + ", ".join(json_text(item) for item in value) + "]"
        case datetime() | date() | time():
            return json.dumps(value.isoformat())
        case bytes():
            return json.dumps(value.hex())
        case _:
            return json.dumps(str(value), ensure_ascii=False)


def json_rows(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a JSON array with one row a line."""
    return "[\n" + ",\n".join(json_text(row) for row in rows) + "\n]\n" if rows else "[]\n"
