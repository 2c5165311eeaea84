"""`POST /v1/moderations` in OpenAI's shape (OpenAI API reference, moderations). Unknown keys are let through."""

from typing import Literal

import msgspec

from service.wire.native import Coverage
from taxonomy.categories import Role
from taxonomy.policy import Action


class Part(msgspec.Struct, frozen=True):
    """A content part; only text can be judged."""

    type: str
    text: str | None = None


class Extras(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may add under `tidegate`."""

    role: Role = Role.PROMPT
    policy: str | None = None


class ModerationRequest(msgspec.Struct, frozen=True):
    """A string, a list of strings (one result each) or a list of parts (one result)."""

    input: str | list[str | Part]
    model: str | None = None
    tidegate: Extras = Extras()


class ResultExtras(msgspec.Struct, frozen=True, omit_defaults=True):
    """What OpenAI's shape has no place for; their SDKs keep it as extra fields.

    `degraded` is there when the policy's on_error answered, not the model; `language` when it can be told;
    `supported`, and false, when the model has not learned it.
    """

    verdict: Action
    unsafe: float
    attack: float
    categories: dict[str, float]
    coverage: Coverage
    policy: str
    language: str | None = None
    supported: bool = True
    degraded: bool = False


class ModerationResult(msgspec.Struct, frozen=True):
    """One result: the same thirteen labels in each of the three maps."""

    flagged: bool
    categories: dict[str, bool]
    category_scores: dict[str, float]
    category_applied_input_types: dict[str, list[Literal["text"]]]
    tidegate: ResultExtras


class ModerationAnswer(msgspec.Struct, frozen=True):
    """The answer; `model` is the bundle's name, whatever the request asked for."""

    id: str
    model: str
    results: list[ModerationResult]
