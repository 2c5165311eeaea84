"""docs/reference/metrics.md."""

from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from docs.pages.text import code, table, words
from service.metrics import Metrics


def page() -> str:
    """Return the page."""
    found = [each for each in vars(Metrics()).values() if isinstance(each, MetricWrapperBase)]
    rows = [(code(_exposed(each)), each._type or "", words(each._labelnames), each._documentation) for each in found]
    buckets = [
        (code(each._name), ", ".join(f"{bound:g}" for bound in each._upper_bounds[:-1]))
        for each in found
        if isinstance(each, Histogram)
    ]
    parts = [
        "# Metrics",
        "`GET /metrics` answers in Prometheus' text format. A label holds a slug, a route template, a name of a policy "
        "or a fixed word; never text, an id or a cache key.",
        table(("metric", "type", "labels", "what it counts"), rows),
        "## Buckets",
        "Upper bounds.",
        table(("histogram", "buckets"), buckets),
    ]
    return "\n\n".join(parts)


def _exposed(metric: MetricWrapperBase) -> str:
    return str(metric._name) + ("_total" if isinstance(metric, Counter) else "")
