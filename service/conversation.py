"""From a conversation to items: each turn judged for what it is, and the user's last turns judged together.

system, developer  prompt, only when asked: operators' instructions would be flagged for naming harm
user               prompt
assistant          response to the turn before
tool               document: retrieved text is where injections arrive
together           prompt: what a user approaches turn by turn is in no turn alone
"""

from collections.abc import Sequence
from typing import Any

from models.turns import together
from service.errors import BadRequest
from service.wire.native import ItemIn, MessageIn
from taxonomy.categories import Role

_ROLES = {
    "system": Role.PROMPT,
    "developer": Role.PROMPT,
    "user": Role.PROMPT,
    "assistant": Role.RESPONSE,
    "tool": Role.DOCUMENT,
}
_INSTRUCTIONS = ("system", "developer")
# Of OpenAI's chat completions and responses.
_TEXT_PARTS = ("text", "refusal", "input_text", "output_text")
# The id of the turns that are read together.
TOGETHER = "together"


def items_of(messages: Sequence[MessageIn], judge_system: bool) -> list[ItemIn]:
    """Return one item per judged turn; its id is the turn's index. Turns without text (tool calls) are left out.

    Raises BadRequest for a part of a judged turn that is not text.
    """
    items: list[ItemIn] = []
    before: str | None = None
    for i, message in enumerate(messages):
        if message.role in _INSTRUCTIONS and not judge_system:
            continue
        text = text_of(message.content, f"messages[{i}].content")
        if text:
            context = before if message.role == "assistant" else None
            items.append(ItemIn(text=text, id=str(i), role=_ROLES[message.role], context=context))
        if message.role not in _INSTRUCTIONS:
            before = text or before
    return items


def together_of(messages: Sequence[MessageIn]) -> ItemIn | None:
    """Return the user's last turns as one prompt; None when there are fewer than two. Raises BadRequest as items_of."""
    turns = [text_of(each.content, f"messages[{i}].content") for i, each in enumerate(messages) if each.role == "user"]
    joined = together(turns)
    return ItemIn(text=joined, id=TOGETHER, role=Role.PROMPT) if joined else None


def text_of(content: str | list[dict[str, Any]] | None, field: str) -> str:
    """Return the text of a message's content, parts joined by newlines. Raises BadRequest for other parts."""
    if not isinstance(content, list):
        return content or ""
    texts: list[str] = []
    for i, part in enumerate(content):
        kind = part.get("type")
        text = part.get("refusal" if kind == "refusal" else "text")
        if kind not in _TEXT_PARTS or not isinstance(text, str):
            raise BadRequest("only text parts can be judged; an unread part is not a harmless one", f"{field}[{i}]")
        texts.append(text)
    return "\n".join(texts)
