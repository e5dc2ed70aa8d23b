"""Split CSV text that uses quotes, one record at a time, and never let one stray quote swallow the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

# A record may span this many lines inside quotes; a longer one is a quote that somebody forgot to close.
LONGEST_RECORD_LINES = 200


def records(path: Path, first_line: int, delimiter: str, quote: str) -> Iterator[tuple[int, list[str] | None, str]]:
    """Yield (line number, fields, text as delivered); fields are None where a quote is never closed.

    A record that spans several lines carries the number of its first line. Blank lines are no records.
    """
    with path.open(encoding="utf-8", newline="\n") as stream:
        lines = enumerate(stream, start=1)
        waiting: list[tuple[int, str]] = []
        while True:
            number, line = waiting.pop(0) if waiting else next(lines, (0, ""))
            if not number:
                return
            line = line.rstrip("\r\n")
            if number < first_line or not line:
                continue
            if quote not in line:
                yield number, line.split(delimiter), line
                continue
            text, following = line, list[tuple[int, str]]()
            while _ends_inside_quotes(text, delimiter, quote) and len(following) < LONGEST_RECORD_LINES:
                more = waiting.pop(0) if waiting else next(lines, None)
                if more is None:
                    break
                following.append(more)
                text = f"{text}\n{more[1].rstrip(chr(10)).rstrip(chr(13))}"
            if _ends_inside_quotes(text, delimiter, quote):
                waiting = following + waiting
                yield number, None, line
            else:
                yield number, _split(text, delimiter, quote), text


def _ends_inside_quotes(text: str, delimiter: str, quote: str) -> bool:
    """Say whether a field began with a quote and was not closed where a delimiter or the end follows.

    A quote inside an unquoted field, as in 3" pipe, is an ordinary character.
    """
    position = 0
    while True:
        if text.startswith(quote, position):
            end = position + 1
            while True:
                end = text.find(quote, end)
                if end < 0:
                    return True
                if not text.startswith(quote, end + 1):
                    break
                end += 2
            position = end + 1
            if position < len(text) and not text.startswith(delimiter, position):
                return True
        position = text.find(delimiter, position)
        if position < 0:
            return False
        position += len(delimiter)


def _split(text: str, delimiter: str, quote: str) -> list[str]:
    if len(delimiter) == 1:
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote))
    # csv knows one-character delimiters only; the unit separator does not stand in delivered text.
    fields = next(csv.reader([text.replace(delimiter, "\x1f")], delimiter="\x1f", quotechar=quote))
    return [field.replace("\x1f", delimiter) for field in fields]
