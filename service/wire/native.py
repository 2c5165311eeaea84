"""`POST /v1/classify`: tidegate's own request and answer."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from taxonomy.categories import Role, Share
from taxonomy.policy import Action


class ItemIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text. `context` is the prompt that a response answers; other roles have none."""

    text: str
    id: Annotated[str, Meta(max_length=256)] | None = None
    role: Role = Role.TEXT
    context: str | None = None


class MessageIn(msgspec.Struct, frozen=True):
    """One turn of a conversation; keys of chat APIs that do not matter here are let through."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None


class ClassifyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `items` or `messages`. `thresholds` replaces thresholds of the policy for this request."""

    items: list[ItemIn] | None = None
    messages: list[MessageIn] | None = None
    policy: str | None = None
    thresholds: dict[str, Share] = {}
    judge_system: Annotated[bool, Meta(description="Judge system and developer messages as prompts too.")] = False
    judge_together: Annotated[bool, Meta(description="Judge a user's last messages read together too.")] = True
    windows: Annotated[
        bool, Meta(description="Say what each window of a text scores. Scores them anew: it costs what a miss costs.")
    ] = False


class CategoryOut(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One category; `shadow_action` is what a shadow rule would have done.

    `view` names the disguise that was taken off to read what raised the score; without one it was the text as it
    stands.
    """

    slug: str
    score: float
    threshold: float
    flagged: bool
    action: Action
    shadow_action: Action | None = None
    view: str | None = None


class ContextCoverage(msgspec.Struct, frozen=True):
    """How much of a response's prompt it was read with, in tokens."""

    tokens: int
    scored: int


class Coverage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of the text, how many of them were scored, and in how many windows."""

    tokens: int
    scored: int
    windows: int
    context: ContextCoverage | None = None


class WindowOut(msgspec.Struct, frozen=True):
    """A window of the text as it stands: characters [start, end) of it, and what it scores.

    `slug` is the category that scores highest there, `unsafe` the overall score.
    """

    start: int
    end: int
    slug: str
    score: float
    unsafe: float


class ItemOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """The verdict on one text. `degraded` is there when the policy's on_error answered, not the model.

    `language` is there when it can be told. `supported` is there, and false, when the model has not learned it: then
    the scores mean little, and the verdict is at least what the policy's on_unsupported says. `windows` is there where
    they were asked for and could be scored.
    """

    id: str
    role: Role
    verdict: Action
    flagged: bool
    unsafe: float
    attack: float
    categories: list[CategoryOut]
    coverage: Coverage
    cached: bool
    language: str | None = None
    supported: bool = True
    degraded: bool = False
    windows: list[WindowOut] | None = None


class PolicyRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """The policy that decided; `thresholds` are the request's own, if it had any.

    `version` is left out for a policy that is shipped or stands in a file.
    """

    name: str
    digest: str
    thresholds: dict[str, float] = {}
    version: int = 0


class Ref(msgspec.Struct, frozen=True):
    """A named thing and its digest."""

    name: str
    digest: str


class TaxonomyRef(msgspec.Struct, frozen=True):
    """The taxonomy in force."""

    version: str
    digest: str


class ClassifyAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The verdict on a request: the gravest among its items, and among the user's turns read together.

    `together` is there where two of the user's turns or more were read together.
    """

    id: str
    verdict: Action
    flagged: bool
    items: list[ItemOut]
    policy: PolicyRef
    model: Ref
    taxonomy: TaxonomyRef
    together: ItemOut | None = None
