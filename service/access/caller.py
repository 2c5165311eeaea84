"""Who asks, and whether they may: by an API key, or without one by where they ask from.

The routes call this themselves, before anything else: a guard or a dependency of Litestar's would cost several times as
much. Nothing is fetched: the keys are in memory, in the standing that the follower of the journal keeps.
"""

from typing import Any

import msgspec
from litestar import Request

from service.access.keys import NO_HASH, PREFIX, matches, read_key
from service.access.peers import is_foreign_page, is_gone, is_loopback, is_near, names_loopback
from service.access.scope import Scope, widened
from service.configuration.settings import Anonymous
from service.errors import ClientGone, Forbidden, Unauthorized
from service.http.tenant import tenant_of
from service.journal.standing import Standing
from service.journal.store import NoJournal
from service.served import Served

HEADER = "authorization"
_OURS = PREFIX + "_"
# What proxies add: RFC 7239, RFC 9110, and what they added before those.
FORWARDED = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip"})
NOBODY = frozenset[str]()
ANYBODY = frozenset[str]({Scope.CLASSIFY})
NEIGHBOUR = frozenset[str]({Scope.CLASSIFY, Scope.FEEDBACK})


class Caller(msgspec.Struct, frozen=True):
    """Who asks. `key_id` is "" for whoever has no key, `tenant` where nobody names one."""

    tenant: str
    key_id: str
    scopes: frozenset[str]

    @property
    def sees_all(self) -> bool:
        """Whether what others have is shown too: to administrators, and on the machine itself while there is no key."""
        return Scope.ADMIN in self.scopes or self.scopes is NEIGHBOUR


def caller_of(request: Request[Any, Any, Any], served: Served, scope: Scope) -> Caller:
    """Return who asks, once they may do this. Runs on the event loop and waits for nothing.

    It takes 2 µs more than to read the tenant's header alone, with a key or without, whether there is one or a thousand
    (on two cores of an AMD EPYC; an empty handler takes a hundred).

    A key's tenant wins over the header; a key without one may speak for any. Where no key is asked for, what came in
    its place is not looked at unless it begins as ours do, for clients may have to send something.

    Raises Unauthorized, Forbidden, Unavailable while nobody knows the keys, ClientGone for who went before it was seen
    where from, and BadRequest for a tenant's name that is too long.
    """
    served.journal.require_read()
    standing = served.journal.standing
    scheme, _, given = request.headers.get(HEADER, "").partition(" ")
    given = given.strip()
    if not (given.startswith(_OURS) and scheme.lower() == "bearer"):
        free = _free(request, standing, served.settings.anonymous)
        if scope not in free:
            if is_gone(request.scope["client"], request.scope["server"]):
                raise ClientGone("the client closed the connection")
            raise Unauthorized(_needed(served, scope, _why_strange(request)))
        return Caller(tenant_of(request.headers), "", free)
    key = read_key(given)
    kept = standing.keys.get(key.id) if key else None
    # An unknown id takes as long as a known one, and everything that is wrong with a key has one answer.
    right = key and matches(key.secret, kept.hash if kept else NO_HASH)
    if not (key and kept and right) or kept.revoked:
        raise Unauthorized(_needed(served, scope, "", sent=True))
    scopes = widened(kept.scopes)
    if scope not in scopes:
        raise Forbidden(
            f"this API key has not the scope {scope}; `tidegate keys create --scope {scope}` makes one that has"
        )
    return Caller(kept.tenant or tenant_of(request.headers), key.id, scopes)


def _free(request: Request[Any, Any, Any], standing: Standing, anonymous: Anonymous) -> frozenset[str]:
    """Return what is answered without a key. A key that was revoked still counts: to revoke one opens nothing."""
    headers = request.headers
    if (
        not standing.keys
        and is_near(request.scope["client"], request.scope["server"])
        and not _is_forwarded(request)
        and not _is_renamed(request)
        and not is_foreign_page(headers.get("origin"), headers.get("host"))
    ):
        return NEIGHBOUR
    return ANYBODY if anonymous is Anonymous.ANYWHERE else NOBODY


def _is_renamed(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a request over loopback calls this machine by a name that may be a site's."""
    client = request.scope["client"]
    return client is not None and is_loopback(client[0]) and not names_loopback(request.headers.get("host", ""))


def _is_forwarded(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a proxy says that it asks for somebody else, who may be anywhere."""
    return any(name in FORWARDED for name, _ in request.scope["headers"])


def _why_strange(request: Request[Any, Any, Any]) -> str:
    """Return in words who is answered without a key, as it matters to whoever asked."""
    near = is_near(request.scope["client"], request.scope["server"])
    if near and _is_forwarded(request):
        return "nobody is answered through a proxy, by which this request came"
    if near and _is_renamed(request):
        return "the Host header must be localhost, 127.0.0.1 or [::1], with any port: another name may be a site's"
    return "only the service's own machine is answered"


def _needed(served: Served, scope: Scope, why: str, *, sent: bool = False) -> str:
    """Return what to do about a key: about the one that was `sent`, or none, and `why` nobody is let in without."""
    if served.journal.standing.keys:
        return "this takes an API key that is in force: Authorization: Bearer tg_..."
    # Made for another TIDEGATE_STATE, as a rule: that there is no key here tells nobody anything about one.
    unknown = "this API key is not known: " if sent else ""
    if scope is Scope.ADMIN and served.journal.condition.kind == NoJournal.kind:
        return (
            f"{unknown}this takes an API key, and there is no journal to keep one in: start again with "
            "`TIDEGATE_STATE=state.db tidegate serve`"
        )
    if scope is Scope.ADMIN:
        return f"{unknown}there is no API key yet, and this takes one; `tidegate keys create --scope admin` makes it"
    if sent:
        return (
            f"{unknown}there is none yet; leave it out on the service's own machine, or "
            "`tidegate keys create` makes one"
        )
    return (
        f"there is no API key yet, and without one {why}; `tidegate keys create` makes a key, and "
        "TIDEGATE_ANONYMOUS=anywhere lets everybody classify"
    )
