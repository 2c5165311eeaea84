"""`/health/live`, `/health/ready`, `/metrics`: for the orchestrator and the scraper."""

from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from service.errors import Unavailable
from service.http.responses import refuses
from service.metrics import Metrics
from service.served import Served
from service.state import State


@get("/health/live", tags=["health"], sync_to_thread=False)
def live() -> dict[str, str]:
    """Answer while the process can answer at all."""
    return {"status": "live"}


@get("/health/ready", responses=refuses([Unavailable]), tags=["health"], sync_to_thread=False)
def ready(lifecycle: NamedDependency[State], served: NamedDependency[Served]) -> dict[str, str]:
    """Answer 200 once the golden set has been scored and the journal read, until the drain begins; else 503."""
    lifecycle.require_ready()
    served.journal.require_read()
    return {"status": "ready"}


@get("/metrics", include_in_schema=False, sync_to_thread=False)
def metrics_page(metrics: NamedDependency[Metrics]) -> Response[bytes]:
    """Return the metrics in Prometheus' text format."""
    return Response(generate_latest(metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})
