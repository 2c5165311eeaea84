"""What routes that change something have in common: who asks, why, and what makes the change."""

from typing import TypeVar

import msgspec

from service.access.caller import caller_of
from service.access.scope import Scope
from service.errors import BadRequest
from service.http.asked import Asked
from service.policies.changes import By, Changes
from service.policies.conditions import Condition, condition_of
from service.served import Served
from service.wire.decode import decode
from service.wire.policies import LONGEST_REASON, ActivateIn, ShadowIn, TenantIn

T = TypeVar("T", ActivateIn, ShadowIn, TenantIn)
TAKES_VERSION = 'JSON such as {"version": 1, "reason": "..."}'


def changes_of(served: Served) -> Changes:
    """Return what changes policies and tenants."""
    return Changes(served.judge.policies, served.journal)


def by_query(request: Asked, served: Served) -> By:
    """Return who changes something, once they may, with the reason that stands in the address."""
    author = caller_of(request, served, Scope.ADMIN).key_id
    reason = request.query_params.get("reason", "")
    if len(reason) > LONGEST_REASON:
        raise BadRequest(f"must have at most {LONGEST_REASON} characters", "reason")
    return By(author, reason)


def by_body(
    request: Asked, served: Served, body: bytes, decoder: msgspec.json.Decoder[T], takes: str
) -> tuple[T, Condition, By]:
    """Return what a body asks for, on which condition, and who asks and why, once they may.

    `takes` says what the route does, for whoever sent something else.
    """
    author = caller_of(request, served, Scope.ADMIN).key_id
    condition = condition_of(request.headers)
    asked = decode(body, decoder, takes)
    return asked, condition, By(author, asked.reason)
