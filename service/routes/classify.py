"""`POST /v1/classify`: verdicts for items or for a conversation."""

import secrets
import time
from collections.abc import Sequence
from typing import cast

import msgspec
from litestar import post
from litestar.params import RawBody

from models.encode import Item
from service.access.caller import caller_of
from service.access.scope import Scope
from service.configuration.settings import Settings
from service.conversation import items_of, together_of
from service.errors import BadRequest
from service.http.answer import JsonAnswer
from service.http.asked import Asked
from service.http.deadline import deadline_of
from service.http.disconnect import unless_disconnected
from service.http.operations import takes
from service.http.responses import answers, refuses
from service.judge import Judged, count, view_of
from service.served import Served
from service.windows import WindowScore, check_chars
from service.wire.decode import decode
from service.wire.limits import check_count, check_length
from service.wire.native import (
    CategoryOut,
    ClassifyAnswer,
    ClassifyRequest,
    ContextCoverage,
    Coverage,
    ItemIn,
    ItemOut,
    PolicyRef,
    WindowOut,
)
from taxonomy.categories import Role
from taxonomy.verdict import CategoryVerdict

_DECODER = msgspec.json.Decoder(ClassifyRequest)
_ENCODER = msgspec.json.Encoder()
_TAKES = 'JSON such as {"items": [{"text": "..."}]}'
_NAMELESS = b'{"id":""'


@post(
    "/v1/classify",
    status_code=200,
    operation_class=takes(ClassifyRequest),
    responses=answers(ClassifyAnswer) | refuses(),
    tags=["judge"],
)
async def classify(request: Asked, body: RawBody) -> JsonAnswer:
    """Judge texts, or the turns of a conversation, under a policy."""
    began = time.monotonic()
    served: Served = request.app.state.served
    caller = caller_of(request, served, Scope.CLASSIFY)
    asked = decode(body, _DECODER, _TAKES)
    deadline = deadline_of(request.headers)
    texts = _texts(asked, served.settings)
    if asked.windows:
        check_chars(each.text for each in texts)
    joined = together_of(asked.messages) if asked.messages and asked.judge_together else None
    ruling = served.judge.policies.resolve(asked.policy, asked.thresholds, caller.tenant)
    read = [*texts, joined] if joined else texts
    items = [Item(each.role, each.text, each.context) for each in read]
    judged = await served.judge.judge(items, ruling, deadline, unless_disconnected(request), caller.tenant)
    names = (str(i) if text.id is None else text.id for i, text in enumerate(read))
    if asked.windows:
        found = served.windows.of(items[: len(texts)], caller.tenant, deadline)
        windows = [*await unless_disconnected(request)(found), None]  # the turns read together have none
        out = [_with_windows(*each) for each in zip(judged, names, windows, strict=False)]
    else:
        out = [_written(each, name) for each, name in zip(judged, names, strict=True)]
    answer = ClassifyAnswer(
        id="tg-" + secrets.token_hex(12),
        verdict=max((each.verdict.action for each in judged), key=lambda action: action.gravity),
        flagged=any(each.verdict.flagged for each in judged),
        items=out[: len(texts)],
        policy=PolicyRef(ruling.policy.name, ruling.policy.digest, asked.thresholds, ruling.version),
        model=served.identity.model,
        taxonomy=served.identity.taxonomy,
        together=out[-1] if joined else None,
    )
    count(judged)
    served.decisions.note(answer.id, began, caller.tenant, judged, ruling, asked.thresholds)
    return JsonAnswer(_ENCODER.encode(answer))


def _written(judged: Judged, name: str) -> ItemOut:
    """Return a judged text as it is encoded, once for a text that is asked often; its name comes in front."""
    kept = judged.written.get("classify")
    if kept is None:
        kept = judged.written["classify"] = _ENCODER.encode(item_out(judged, "")).removeprefix(_NAMELESS)
    # Encoded already: to the encoder it is as good as the struct.
    return cast(ItemOut, msgspec.Raw(b'{"id":' + _ENCODER.encode(name) + kept))


def _with_windows(judged: Judged, name: str, windows: list[WindowScore] | None) -> ItemOut:
    """Return a judged text with its windows."""
    found = None if windows is None else [WindowOut(e.start, e.end, e.slug, e.score, e.unsafe) for e in windows]
    return msgspec.structs.replace(item_out(judged, name), windows=found)


def item_out(judged: Judged, name: str) -> ItemOut:
    """Return a judged text as the wire shows it."""
    read, scores, verdict = judged.scored.coverage, judged.scored.scores, judged.verdict
    context = ContextCoverage(read.context_tokens, read.context_scored) if read.context_tokens else None
    return ItemOut(
        id=name,
        role=judged.role,
        verdict=verdict.action,
        flagged=verdict.flagged,
        unsafe=scores.unsafe,
        attack=scores.attack,
        categories=[_category_out(each, judged.scored.views) for each in verdict.categories],
        coverage=Coverage(read.tokens, read.scored, read.windows, context),
        cached=judged.scored.cached,
        language=read.language or None,
        supported=judged.scored.supported,
        degraded=judged.degraded,
    )


def _category_out(e: CategoryVerdict, views: Sequence[str]) -> CategoryOut:
    view = view_of(e, views) or None
    return CategoryOut(e.slug, e.score, e.threshold, e.flagged, e.action, e.shadow_action, view)


def _texts(asked: ClassifyRequest, settings: Settings) -> list[ItemIn]:
    """Return the texts to judge. Raises BadRequest, TooLarge."""
    if asked.items is not None and asked.messages is None:
        check_count("items", len(asked.items), settings.max_items)
        for i, item in enumerate(asked.items):
            if item.context is not None and item.role is not Role.RESPONSE:
                raise BadRequest("only a response has a context", f"items[{i}].context")
            check_length(f"items[{i}].text", item.text, settings.max_chars)
            check_length(f"items[{i}].context", item.context, settings.max_chars)
        return asked.items
    if asked.messages is not None and asked.items is None:
        check_count("messages", len(asked.messages), settings.max_items)
        items = items_of(asked.messages, asked.judge_system)
        if not items:
            raise BadRequest("none of them holds text to judge; judge_system adds the system's", "messages")
        for item in items:  # each is named by its turn's index, and its context is an earlier turn
            check_length(f"messages[{item.id}].content", item.text, settings.max_chars)
        return items
    raise BadRequest(f"give either items or messages; this takes {_TAKES}")
