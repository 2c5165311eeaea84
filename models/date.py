"""The date that goes into what is made, reproducible where asked for; and moments as they are shown."""

import datetime
import os


def today() -> str:
    """Return the date (YYYY-MM-DD) in UTC: that of SOURCE_DATE_EPOCH when it is set, so that builds can repeat."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC) if epoch else datetime.datetime.now(datetime.UTC)
    return now.date().isoformat()


def instant(milliseconds: int) -> str:
    """Return a time, in milliseconds since 1970, as RFC 3339 in UTC, to the second."""
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
