"""Moments as whole milliseconds since 1970-01-01 UTC, and a plant's wall clock over the simulated weeks.

Everything inside the simulator is exact integer arithmetic on these moments; texts are made only when a file is
written.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = date(1970, 1, 1)


def midnight_utc(day: date) -> int:
    """Return the moment at which a UTC day begins."""
    return (day - _EPOCH).days * DAY


def utc_date(moment: int) -> date:
    """Return the UTC day a moment lies in."""
    return _EPOCH + timedelta(days=moment // DAY)


class WallClock:
    """One time zone from a week before `first_date` until a month after `days` more: offsets, dates and texts."""

    def __init__(self, time_zone: str, first_date: date, days: int) -> None:
        self.time_zone = time_zone
        self._zone = ZoneInfo(time_zone)
        begin = midnight_utc(first_date) - 7 * DAY
        self._changes, self._offsets = [begin], [self._offset_at(begin)]
        for day in range(1, days + 40):
            moment = begin + day * DAY
            offset = self._offset_at(moment)
            if offset != self._offsets[-1]:
                self._add_change(moment, offset)
        self._minutes: dict[int, tuple[str, str]] = {}
        self._repeated = [
            (change - (before - after), change + (before - after))
            for change, before, after in zip(self._changes[1:], self._offsets, self._offsets[1:], strict=False)
            if after < before
        ]

    def _offset_at(self, moment: int) -> int:
        offset = datetime.fromtimestamp(moment // 1000, tz=UTC).astimezone(self._zone).utcoffset()
        assert offset is not None
        return int(offset.total_seconds()) * SECOND

    def _add_change(self, found_at: int, offset: int) -> None:
        """Look back hour by hour for the moment at which the new offset began; zones change on whole hours UTC."""
        moment = found_at
        while self._offset_at(moment - HOUR) == offset:
            moment -= HOUR
        self._changes.append(moment)
        self._offsets.append(offset)

    def offset(self, moment: int) -> int:
        """Return local time minus UTC, in milliseconds."""
        return self._offsets[max(bisect_right(self._changes, moment) - 1, 0)]

    def at(self, day: date, hour: int, minute: int = 0) -> int:
        """Return the moment at which the wall clock shows that time; hours past 23 count on into the next days."""
        shown = datetime(day.year, day.month, day.day, tzinfo=self._zone) + timedelta(days=hour // 24)
        return int(shown.replace(hour=hour % 24, minute=minute).timestamp()) * SECOND

    def date_of(self, moment: int) -> date:
        """Return the local date of a moment."""
        return utc_date(moment + self.offset(moment))

    def gaps(self) -> list[int]:
        """Return the moments at which the wall clock jumps forward; the local hour after each does not exist."""
        return [
            moment
            for moment, before, after in zip(self._changes[1:], self._offsets, self._offsets[1:], strict=False)
            if after > before
        ]

    def _shown_minute(self, moment: int) -> tuple[str, str]:
        minute = moment // MINUTE
        shown = self._minutes.get(minute)
        if shown is None:
            offset = self.offset(moment)
            local = datetime.fromtimestamp((minute * MINUTE + offset) // 1000, tz=UTC)
            sign, minutes = ("-", -offset // MINUTE) if offset < 0 else ("+", offset // MINUTE)
            shown = (local.strftime("%Y-%m-%dT%H:%M:"), f"{sign}{minutes // 60:02d}:{minutes % 60:02d}")
            self._minutes[minute] = shown
        return shown

    def text_with_offset(self, moment: int) -> str:
        """Return ISO 8601 local time with its offset; milliseconds only where there are any."""
        minute, offset = self._shown_minute(moment)
        seconds, milliseconds = divmod(moment % MINUTE, SECOND)
        return f"{minute}{seconds:02d}.{milliseconds:03d}{offset}" if milliseconds else f"{minute}{seconds:02d}{offset}"

    def text(self, moment: int) -> str:
        """Return ISO 8601 local time without offset, except in the repeated hour of autumn, where it needs one."""
        if self._repeated and any(start <= moment < end for start, end in self._repeated):
            return self.text_with_offset(moment)
        minute, _ = self._shown_minute(moment)
        seconds, milliseconds = divmod(moment % MINUTE, SECOND)
        return f"{minute}{seconds:02d}.{milliseconds:03d}" if milliseconds else f"{minute}{seconds:02d}"
