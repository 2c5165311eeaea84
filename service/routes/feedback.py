"""`POST /v1/feedback`: a verdict was right, or it was wrong."""

import re
import time

import msgspec
from litestar import post
from litestar.params import RawBody

from models.outputs import OUTPUTS
from service.access.caller import caller_of
from service.access.scope import Scope
from service.decisions.labelled import contradict
from service.errors import BadRequest, Conflict, Overloaded, Unavailable
from service.http.asked import Asked
from service.http.operations import takes
from service.http.responses import OF_BODIES, STRANGERS, refuses
from service.served import Served
from service.wire.decode import decode
from service.wire.feedback import FeedbackAnswer, FeedbackRequest
from taxonomy.decision import Feedback

# As the routes that judge make them, and a position that a request may have.
_DECISION = re.compile(r"(tg-[0-9a-f]{24}|modr-[0-9a-f]{32})-(0|[1-9][0-9]{0,5})", re.ASCII)
_TAKES = 'JSON such as {"decision": "tg-...-0", "right": false, "labels": {"hate": false}}'
_DECODER = msgspec.json.Decoder(FeedbackRequest)


@post(
    "/v1/feedback",
    status_code=202,
    operation_class=takes(FeedbackRequest, judges=False),
    responses=refuses([BadRequest, *STRANGERS, Conflict, *OF_BODIES, Overloaded, Unavailable]),
    tags=["decisions"],
)
async def feedback(request: Asked, body: RawBody) -> FeedbackAnswer:
    """Keep with a decision whether it was right. Whether the decision is on record here is not looked up."""
    served: Served = request.app.state.served
    caller = caller_of(request, served, Scope.FEEDBACK)
    said = decode(body, _DECODER, _TAKES)
    if not _DECISION.fullmatch(said.decision):
        raise BadRequest("must be the id of an answer, a dash and the position of a text in it", "decision")
    if not said.labels.keys() <= set(OUTPUTS):
        raise BadRequest(
            "unknown category; it takes unsafe, attack, and of those that GET /v1/taxonomy lists all but the fallbacks",
            "labels",
        )
    if contradict(said.labels):
        raise BadRequest("where a hazard holds so does unsafe, and where an attack holds so does attack", "labels")
    heard = Feedback(said.decision, round(1000 * time.time()), said.right, said.labels, caller.tenant)
    served.decisions.hear(heard)
    return FeedbackAnswer(heard.decision, heard.time)
