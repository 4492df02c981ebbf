"""Points in time."""

from datetime import datetime

Time = datetime | str
"""A point in time: a `datetime` with a zone, or ISO 8601 with a zone."""


def iso(time: Time) -> str:
    """
    Returns the time as the service expects it.
    :raises ValueError: if the `datetime` has no zone.
    """
    if isinstance(time, str):
        return time
    if time.tzinfo is None:
        raise ValueError(f"{time} needs a zone, such as timezone.utc")
    return time.isoformat()
