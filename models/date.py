"""The date that goes into what is made: reproducible where asked for."""

import datetime
import os


def today() -> str:
    """Return the date (YYYY-MM-DD) in UTC: that of SOURCE_DATE_EPOCH when it is set, so that builds can repeat."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC) if epoch else datetime.datetime.now(datetime.UTC)
    return now.date().isoformat()
