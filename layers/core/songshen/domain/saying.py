"""How people are told of times."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from songshen.domain.exam import Text


def end_said(end: datetime, zone: ZoneInfo) -> Text:
    """An end in the exam's time zone: 2026年3月12日24:00. Midnight is the end of a day to whoever reads it."""
    local = end.astimezone(zone)
    day, clock = local, f"{local:%H:%M}"
    if clock == "00:00":
        day, clock = local - timedelta(minutes=1), "24:00"
    return Text(f"{day.year}年{day.month}月{day.day}日{clock}", f"{day:%Y-%m-%d} {clock}")
