"""`POST /v1/moderations`: OpenAI's contract, answered through the `openai` crosswalk."""

import secrets

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State as AppState
from litestar.di import NamedDependency
from litestar.params import RawBody

from models.encode import Item
from service.deadline import deadline_of
from service.disconnect import unless_disconnected
from service.errors import BadRequest, OpenAIError, TooLarge
from service.identity import Identity
from service.judge import Judge, Judged
from service.openapi import refuses, takes
from service.settings import Settings
from service.wire.decode import decode
from service.wire.native import Coverage
from service.wire.openai import ModerationAnswer, ModerationRequest, ModerationResult, Part, ResultExtras
from taxonomy.crosswalk import Crosswalk

_DECODER = msgspec.json.Decoder(ModerationRequest)


@post(
    "/v1/moderations",
    status_code=200,
    operation_class=takes(ModerationRequest),
    responses=refuses(OpenAIError, "application/json"),
    tags=["judge"],
)
async def moderations(
    request: Request[None, None, AppState],
    body: RawBody,
    judge: NamedDependency[Judge],
    identity: NamedDependency[Identity],
    settings: NamedDependency[Settings],
) -> Response[ModerationAnswer]:
    """Judge texts as OpenAI's moderation endpoint does; labels without a category of ours score 0."""
    asked = decode(body, _DECODER)
    texts = _texts(asked.input, settings.max_items)
    policy = judge.policies.resolve(asked.tidegate.policy, {})
    items = [Item(asked.tidegate.role, text) for text in texts]
    judged = await unless_disconnected(request, judge.judge(items, policy, deadline_of(request.headers)))
    results = [_result(each, identity.openai, policy.name) for each in judged]
    return Response(ModerationAnswer("modr-" + secrets.token_hex(16), identity.model.name, results))


def _texts(given: str | list[str | Part], max_items: int) -> list[str]:
    """Return one text per result: parts are one text together. Raises BadRequest, TooLarge."""
    if isinstance(given, str):
        return [given]
    if not given:
        raise BadRequest("must not be empty", "input")
    if len(given) > max_items:
        raise TooLarge(f"input: {len(given)} of them, the limit is {max_items}")
    if all(isinstance(each, str) for each in given):
        return [each for each in given if isinstance(each, str)]
    parts: list[str] = []
    for i, part in enumerate(given):
        if isinstance(part, str):
            raise BadRequest("strings and parts cannot be mixed", f"input[{i}]")
        if part.type != "text" or part.text is None:
            raise BadRequest("only text can be judged; an unread part is not a harmless one", f"input[{i}]")
        parts.append(part.text)
    return ["\n".join(parts)]


def _result(judged: Judged, crosswalk: Crosswalk, policy: str) -> ModerationResult:
    entries = judged.verdict.categories
    scores = crosswalk.translate({entry.slug: entry.score for entry in entries})
    # The same table over 0 and 1 says which labels the policy's flags amount to.
    flags = crosswalk.translate({entry.slug: float(entry.flagged) for entry in entries})
    read = judged.scored.coverage
    return ModerationResult(
        flagged=judged.verdict.flagged,
        categories={label: flag > 0 for label, flag in flags.items()},
        category_scores=scores,
        category_applied_input_types={label: ["text"] for label in scores},
        tidegate=ResultExtras(
            verdict=judged.verdict.action,
            unsafe=judged.scored.scores.unsafe,
            attack=judged.scored.scores.attack,
            categories={entry.slug: entry.score for entry in entries},
            coverage=Coverage(read.tokens, read.scored, read.windows),
            policy=policy,
            language=read.language or None,
            supported=judged.scored.supported,
            degraded=judged.degraded,
        ),
    )
