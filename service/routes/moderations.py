"""`POST /v1/moderations`: OpenAI's contract, answered through the `openai` crosswalk."""

import secrets
import time
from typing import cast

import msgspec
from litestar import post
from litestar.params import RawBody

from models.encode import Item
from service.access.caller import caller_of
from service.access.scope import Scope
from service.configuration.settings import Settings
from service.errors import BadRequest
from service.http.answer import JsonAnswer
from service.http.asked import Asked
from service.http.deadline import deadline_of
from service.http.disconnect import unless_disconnected
from service.http.operations import takes
from service.http.responses import answers, refuses
from service.judge import Judged, count
from service.served import Served
from service.wire.decode import decode
from service.wire.errors import OpenAIError
from service.wire.limits import check_count, check_length
from service.wire.native import Coverage
from service.wire.openai import ModerationAnswer, ModerationRequest, ModerationResult, Part, ResultExtras
from taxonomy.crosswalk import Crosswalk

_DECODER = msgspec.json.Decoder(ModerationRequest)
_ENCODER = msgspec.json.Encoder()
_TAKES = 'JSON such as {"input": "..."}'


@post(
    "/v1/moderations",
    status_code=200,
    operation_class=takes(ModerationRequest),
    responses=answers(ModerationAnswer) | refuses(shape=OpenAIError, media_type="application/json"),
    tags=["judge"],
)
async def moderations(request: Asked, body: RawBody) -> JsonAnswer:
    """Judge texts as OpenAI's moderation endpoint does; labels without a category of ours score 0."""
    began = time.monotonic()
    served: Served = request.app.state.served
    caller = caller_of(request, served, Scope.CLASSIFY)
    asked = decode(body, _DECODER, _TAKES)
    texts = _texts(asked.input, served.settings)
    deadline = deadline_of(request.headers)
    ruling = served.judge.policies.resolve(asked.tidegate.policy, {}, caller.tenant)
    items = [Item(asked.tidegate.role, text) for text in texts]
    judged = await served.judge.judge(items, ruling, deadline, unless_disconnected(request), caller.tenant)
    results = [_written(each, served.identity.openai, ruling.policy.name) for each in judged]
    answer = ModerationAnswer("modr-" + secrets.token_hex(16), served.identity.model.name, results)
    count(judged)
    served.decisions.note(answer.id, began, caller.tenant, judged, ruling, {})
    return JsonAnswer(_ENCODER.encode(answer))


def _written(judged: Judged, crosswalk: Crosswalk, policy: str) -> ModerationResult:
    """Return the result as it is encoded, once for a text that is asked often."""
    kept = judged.written.get("moderations")
    if kept is None:
        kept = judged.written["moderations"] = _ENCODER.encode(_result(judged, crosswalk, policy))
    # Encoded already: to the encoder it is as good as the struct.
    return cast(ModerationResult, msgspec.Raw(kept))


def _texts(given: str | list[str | Part], settings: Settings) -> list[str]:
    """Return one text per result: parts are one text together. Raises BadRequest, TooLarge."""
    if isinstance(given, str):
        check_length("input", given, settings.max_chars)
        return [given]
    check_count("input", len(given), settings.max_items)
    if all(isinstance(each, str) for each in given):
        strings = [each for each in given if isinstance(each, str)]
        for i, each in enumerate(strings):
            check_length(f"input[{i}]", each, settings.max_chars)
        return strings
    parts: list[str] = []
    for i, part in enumerate(given):
        if isinstance(part, str):
            raise BadRequest("strings and parts cannot be mixed", f"input[{i}]")
        if part.type != "text" or part.text is None:
            raise BadRequest("only text can be judged; an unread part is not a harmless one", f"input[{i}]")
        parts.append(part.text)
    text = "\n".join(parts)
    check_length("input", text, settings.max_chars)
    return [text]


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
