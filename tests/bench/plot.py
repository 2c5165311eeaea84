"""Draw bench.json as bench.svg, in the environment of the peers: `python -m tests.bench.plot FOLDER`.

For each mix latency against offered load, one line a service and kind of traffic: p50, and p99 dashed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # the backend is chosen first


def draw(report: dict[str, Any], path: Path) -> None:
    """Write the plot."""
    names = [*report["bare"]]
    figure, axes = pyplot.subplots(1, len(names), figsize=(6 * len(names), 5), squeeze=False)
    for axis, mix in zip(axes[0], names, strict=True):
        curves = [curve for curve in report["curves"] if curve["mix"] == mix]
        for i, curve in enumerate(curves):
            loads = [each["result"]["offered"] for each in curve["points"]]
            label = f"{curve['service']}, {curve['traffic']}"
            colour = f"C{i}"
            axis.plot(loads, [each["result"]["p50"] for each in curve["points"]], "o-", color=colour, label=label)
            axis.plot(loads, [each["result"]["p99"] for each in curve["points"]], "o--", color=colour)
        axis.axvline(report["bare"][mix]["rate"], color="grey", label="bare session, offline")
        axis.set(title=mix, xlabel="requests offered a second", ylabel="ms, p50 and p99 (dashed)", xscale="log")
        axis.set_yscale("log")
        axis.legend(fontsize="x-small")
    figure.suptitle(f"{report['machine']}, {report['date']}")
    figure.tight_layout()
    figure.savefig(path)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    draw(json.loads((folder / "bench.json").read_text()), folder / "bench.svg")
