"""`GET /v1/traffic` and `GET /v1/evaluation`: figures for the operator."""

import asyncio
import re
import time
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import Parameter

from service.access.caller import caller_of
from service.access.scope import Scope
from service.decisions.recent import Recent
from service.decisions.traffic import Traffic, Window, traffic_of
from service.errors import BadRequest, Conflict, NotFound
from service.http.asked import Asked
from service.http.responses import STRANGERS, refuses
from service.served import Served
from taxonomy.categories import NEEDS_CAUTION
from taxonomy.evaluation import Evaluation
from taxonomy.files import native
from taxonomy.tenants import LONGEST

_MOST_MINUTES = 10_080
_MINUTES = re.compile("[0-9]{1,5}", re.ASCII)


class LogState(msgspec.Struct, frozen=True):
    """How the decision log does: whether it is kept at all, whether it fails, and how many decisions wait for it."""

    kept: bool
    failing: bool
    waiting: int


class TrafficAnswer(msgspec.Struct, frozen=True):
    """The traffic, what it was compared with for drift, and the state of the decision log.

    `evaluation` is the digest of the evaluation's data; `same_model` says whether it was made with the model in
    service: if not, drift says nothing about the traffic.
    """

    traffic: Traffic
    evaluation: str | None
    same_model: bool
    log: LogState


@get(
    "/v1/traffic",
    responses=refuses([BadRequest, *STRANGERS, Conflict]),
    tags=["decisions"],
)
async def traffic(
    request: Asked,
    served: NamedDependency[Served],
    minutes: Annotated[str, Parameter(description="How many minutes back, 1 to 10,080.")] = "60",
    tenant: Annotated[str | None, Parameter(description="Only the decisions of this tenant.")] = None,
    category: Annotated[str | None, Parameter(description="The category whose scores are counted over time.")] = None,
) -> TrafficAnswer:
    """Count the last decisions: verdicts, scores, cache and latency over time, by category and tenant, and drift."""
    caller_of(request, served, Scope.ADMIN)
    recent = served.decisions.remembered()
    window = _window(minutes, tenant, category)
    evaluation = served.evaluation
    return TrafficAnswer(
        await asyncio.to_thread(_counted, recent, window, evaluation),
        evaluation.data if evaluation else None,
        evaluation is not None and evaluation.model == served.identity.model.digest,
        LogState(served.decisions.kept, served.decisions.failing, served.decisions.waiting),
    )


@get("/v1/evaluation", responses=refuses([*STRANGERS, NotFound]), tags=["decisions"])
async def evaluation(request: Asked, served: NamedDependency[Served]) -> Evaluation:
    """Return the counts that the console draws curves from."""
    caller_of(request, served, Scope.ADMIN)
    if served.evaluation is None:
        raise NotFound("there is no evaluation: TIDEGATE_EVALUATION names none")
    return served.evaluation


def _window(minutes: str, tenant: str | None, category: str | None) -> Window:
    """Return what is asked. Raises BadRequest."""
    if not (_MINUTES.fullmatch(minutes) and 1 <= int(minutes) <= _MOST_MINUTES):
        raise BadRequest(f"must be a whole number from 1 to {_MOST_MINUTES}", "minutes")
    if tenant is not None and len(tenant) > LONGEST:
        raise BadRequest(f"must have at most {LONGEST} characters", "tenant")
    if category is not None and (category not in native().slugs or category == NEEDS_CAUTION):
        raise BadRequest("unknown category, or one without a score; GET /v1/taxonomy lists the slugs", "category")
    return Window(int(minutes), tenant, category)


def _counted(recent: Recent, window: Window, evaluation: Evaluation | None) -> Traffic:
    now = round(1000 * time.time())
    return traffic_of(recent.rows(), recent.size, window, now, native(), evaluation, recent.began)
