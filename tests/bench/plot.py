"""Draw bench.json as bench.svg, in the environment of the peers: `python -m tests.bench.plot FOLDER`.

For each mix the latency of new texts against offered load, a line a service: p50, and p99 dashed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # the backend is chosen first

from tests.bench.lines import colours, lines

# Letters as letters, and the same file from the same figures.
pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tidegate"})


def draw(report: dict[str, Any], path: Path) -> None:
    """Write the plot."""
    names, colour = [*report["bare"]], colours(report)
    figure, axes = pyplot.subplots(1, len(names), figsize=(5 * len(names), 4.5), squeeze=False, sharey=True)
    shown = {}
    for axis, mix in zip(axes[0], names, strict=True):
        for line in lines(report, mix):
            style = {"color": colour[line.service], "marker": "o", "linewidth": 2 if line.service == "tidegate" else 1}
            (shown[line.service],) = axis.plot(line.offered, line.p50, "-", **style)
            axis.plot(line.offered, line.p99, "--", **style)
        shown["bare session, offline"] = axis.axvline(report["bare"][mix]["rate"], color="grey")
        axis.set(title=f"new texts of {mix}", xlabel="requests offered a second", yscale="log")
        axis.set_xlim(left=0)
        axis.yaxis.set_major_formatter("{x:g}")
        axis.grid(visible=True, alpha=0.3)
    axes[0][0].set_ylabel("ms: p50, and p99 dashed")
    figure.suptitle(f"{report['machine']}, {report['date']}: at 30, 70 and 90 % of each one's peak")
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.legend(shown.values(), shown.keys(), loc="lower center", ncols=len(shown), frameon=False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    draw(json.loads((folder / "bench.json").read_text()), folder / "bench.svg")
