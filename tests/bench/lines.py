"""What bench.json says, as lines to draw. The environment that draws has nothing of tidegate's in it."""

from dataclasses import dataclass
from typing import Any

UNCACHED = "uncached"
# It scores nothing, and is faster by so much that the others would be one line beside it.
EMPTY = "empty handler"


@dataclass(frozen=True)
class Line:
    """A service on new texts: requests offered a second, the fewest first, and ms of their good answers."""

    service: str
    offered: list[float]
    p50: list[float]
    p99: list[float]


def lines(report: dict[str, Any], mix: str) -> list[Line]:
    """Return a line for each service that scored a mix, over the loads that it was offered below its peak."""
    found = []
    for curve in report["curves"]:
        if (curve["mix"], curve["traffic"]) == (mix, UNCACHED) and curve["service"] != EMPTY:
            below = sorted((each["share"], i) for i, each in enumerate(curve["points"]) if each["share"] < 1)
            results = [curve["points"][i]["result"] for _, i in below]
            offered, p50, p99 = ([result[name] for result in results] for name in ("offered", "p50", "p99"))
            found.append(Line(curve["service"], offered, p50, p99))
    return found


def colours(report: dict[str, Any]) -> dict[str, str]:
    """Return service -> a colour that it has in every mix."""
    services = dict.fromkeys(curve["service"] for curve in report["curves"])
    return {service: f"C{i}" for i, service in enumerate(services)}
