"""Who may do what: every scope, from here and elsewhere, with keys and without. The routes come in test_routes.py."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from litestar import Litestar, Request
from litestar.testing import RequestFactory

from service.access.caller import Caller, caller_of
from service.access.keys import Key, new_key
from service.access.scope import Scope
from service.configuration.settings import Anonymous, Settings
from service.errors import BadRequest, ClientGone, Forbidden, ServiceError, Unauthorized, Unavailable
from service.journal.entries import KeyCreated, KeyRevoked
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.journal.store import NoJournal
from service.metrics import Metrics
from service.served import Served
from tests.service.access.conftest import FAR, NEAR

NO_KEYS = (
    "there is no API key yet, and without one only the service's own machine is answered; `tidegate keys create` makes "
    "a key, and TIDEGATE_ANONYMOUS=anywhere lets everybody classify"
)
BY_A_PROXY = (
    "there is no API key yet, and without one nobody is answered through a proxy, by which this request came; "
    "`tidegate keys create` makes a key, and TIDEGATE_ANONYMOUS=anywhere lets everybody classify"
)
ANOTHER_NAME = (
    "there is no API key yet, and without one the Host header must be localhost, 127.0.0.1 or [::1], with any port: "
    "another name may be a site's; `tidegate keys create` makes a key, and TIDEGATE_ANONYMOUS=anywhere lets everybody "
    "classify"
)
NO_KEYS_FOR_ADMIN = "there is no API key yet, and this takes one; `tidegate keys create --scope admin` makes it"
UNKNOWN_KEY = (
    "this API key is not known: there is none yet; leave it out on the service's own machine, or "
    "`tidegate keys create` makes one"
)
NO_JOURNAL = (
    "this takes an API key, and there is no journal to keep one in: start again with "
    "`TIDEGATE_STATE=state.db tidegate serve`"
)
KEYS = "this takes an API key that is in force: Authorization: Bearer tg_..."
LACKS = "this API key has not the scope {0}; `tidegate keys create --scope {0}` makes one that has"
CLASSIFY, FEEDBACK, ADMIN = Scope.CLASSIFY, Scope.FEEDBACK, Scope.ADMIN


class Door:
    """What decides who may come in, with a real journal behind it and nothing else of the service."""

    def __init__(self, journal: Follower) -> None:
        self.journal = journal

    async def make(self, *scopes: str, tenant: str = "") -> Key:
        key = new_key()
        entry = KeyCreated(id=key.id, hash=key.hash, scopes=scopes, tenant=tenant, author="command line")
        await self.journal.commit(lambda _: entry)
        return key

    def enter(
        self, scope: Scope, address: str | None, anonymous: Anonymous = Anonymous.LOOPBACK, **headers: str
    ) -> Caller:
        request: Request = RequestFactory(app=Litestar()).get(headers={"host": "localhost:8000"} | headers)
        request.scope["client"] = (address, 40_000) if address else None
        request.scope["server"] = ("10.0.0.1", 8000)
        unused: dict[str, Any] = dict.fromkeys(Served.__struct_fields__)
        served = Served(**unused | {"settings": Settings(anonymous=anonymous), "journal": self.journal})
        return caller_of(request, served, scope)

    def refusal(self, scope: Scope, address: str, **others: object) -> ServiceError:
        with pytest.raises((Unauthorized, Forbidden)) as caught:
            self.enter(scope, address, **others)  # type: ignore[arg-type]
        return caught.value


@pytest.fixture
def journal(settings: Settings) -> Follower:
    """A journal that nobody has read."""
    return Follower(open_journal(settings), Metrics())


@pytest.fixture
async def door(journal: Follower) -> AsyncIterator[Door]:
    async with journal:
        yield Door(journal)


def bearer(key: Key) -> str:
    return f"Bearer {key.text}"


def answers(door: Door, scope: Scope, anonymous: Anonymous, hosts: Iterable[str] = (NEAR, FAR)) -> list[str | None]:
    """Return for each host None where it is let in without a key, else what it is told."""
    found: list[str | None] = []
    for host in hosts:
        try:
            caller = door.enter(scope, host, anonymous)
        except Unauthorized as error:
            found.append(error.detail)
        else:
            assert (caller.key_id, caller.tenant) == ("", "")
            assert scope in caller.scopes
            found.append(None)
    return found


async def test_before_the_first_key_this_machine_may_classify_and_give_feedback(door: Door) -> None:
    assert answers(door, CLASSIFY, Anonymous.LOOPBACK) == [None, NO_KEYS]
    assert answers(door, FEEDBACK, Anonymous.LOOPBACK) == [None, NO_KEYS]
    assert answers(door, ADMIN, Anonymous.LOOPBACK) == [NO_KEYS_FOR_ADMIN, NO_KEYS_FOR_ADMIN]


async def test_without_a_journal_no_key_can_be_made() -> None:
    async with Follower(NoJournal(), Metrics()) as journal:
        assert answers(Door(journal), ADMIN, Anonymous.LOOPBACK) == [NO_JOURNAL, NO_JOURNAL]
        assert answers(Door(journal), CLASSIFY, Anonymous.LOOPBACK) == [None, NO_KEYS]


async def test_before_the_first_key_loopback_is_asked_by_its_own_name(door: Door) -> None:
    for name in ("evil.example", "evil.example:8000", ""):
        assert door.refusal(CLASSIFY, NEAR, host=name).detail == ANOTHER_NAME
        assert door.refusal(FEEDBACK, NEAR, host=name).detail == ANOTHER_NAME
        assert door.refusal(ADMIN, NEAR, host=name).detail == NO_KEYS_FOR_ADMIN
        assert door.refusal(CLASSIFY, FAR, host=name).detail == NO_KEYS
        assert door.enter(CLASSIFY, NEAR, Anonymous.ANYWHERE, host=name).scopes == {CLASSIFY}
    key = await door.make("classify")
    assert door.enter(CLASSIFY, NEAR, authorization=bearer(key), host="evil.example").key_id == key.id
    assert door.refusal(CLASSIFY, NEAR, host="evil.example").detail == KEYS


@pytest.mark.parametrize("name", ["forwarded", "via", "x-forwarded-for", "x-real-ip"])
@pytest.mark.parametrize("value", ["for=127.0.0.1", "1.1 127.0.0.1", "127.0.0.1", ""])
async def test_before_the_first_key_a_proxy_asks_for_strangers(door: Door, name: str, value: str) -> None:
    header = {name: value}
    assert door.refusal(CLASSIFY, NEAR, **header).detail == BY_A_PROXY
    assert door.refusal(FEEDBACK, NEAR, **header).detail == BY_A_PROXY
    assert door.refusal(ADMIN, NEAR, **header).detail == NO_KEYS_FOR_ADMIN
    assert door.refusal(CLASSIFY, FAR, **header).detail == NO_KEYS
    assert door.enter(CLASSIFY, NEAR, Anonymous.ANYWHERE, **header).scopes == {CLASSIFY}
    key = await door.make("classify")
    assert door.enter(CLASSIFY, NEAR, authorization=bearer(key), **header).key_id == key.id


async def test_anywhere_opens_classify_to_all_and_nothing_else(door: Door) -> None:
    assert answers(door, CLASSIFY, Anonymous.ANYWHERE) == [None, None]
    assert answers(door, FEEDBACK, Anonymous.ANYWHERE) == [None, NO_KEYS]
    assert answers(door, ADMIN, Anonymous.ANYWHERE) == [NO_KEYS_FOR_ADMIN, NO_KEYS_FOR_ADMIN]


@pytest.mark.parametrize("revoked", [False, True])
async def test_from_the_first_key_on_everybody_needs_one(door: Door, revoked: bool) -> None:
    key = await door.make("admin")
    if revoked:
        await door.journal.commit(lambda _: KeyRevoked(id=key.id, author="command line"))
    for scope in Scope:
        assert answers(door, scope, Anonymous.LOOPBACK) == [KEYS, KEYS]
    assert answers(door, CLASSIFY, Anonymous.ANYWHERE) == [None, None]
    assert answers(door, FEEDBACK, Anonymous.ANYWHERE) == [KEYS, KEYS]
    assert answers(door, ADMIN, Anonymous.ANYWHERE) == [KEYS, KEYS]


@pytest.mark.parametrize(
    ("given", "may"),
    [
        (["classify"], {CLASSIFY}),
        (["feedback"], {FEEDBACK}),
        (["classify", "feedback"], {CLASSIFY, FEEDBACK}),
        (["admin"], {CLASSIFY, FEEDBACK, ADMIN}),
        (["of a newer tidegate"], set()),
    ],
)
async def test_a_key_opens_what_its_scopes_say(door: Door, given: list[str], may: set[Scope]) -> None:
    key = await door.make(*given)
    for scope in Scope:
        if scope in may:
            caller = door.enter(scope, FAR, authorization=bearer(key))
            assert (caller.key_id, caller.scopes) == (key.id, may | {*given})
        else:
            refused = door.refusal(scope, NEAR, authorization=bearer(key))
            assert (type(refused), refused.detail) == (Forbidden, LACKS.format(scope))


@pytest.mark.parametrize("anonymous", Anonymous)
async def test_a_key_that_lacks_the_scope_is_not_anonymous(door: Door, anonymous: Anonymous) -> None:
    key = await door.make("feedback")
    assert isinstance(door.refusal(CLASSIFY, NEAR, anonymous=anonymous, authorization=bearer(key)), Forbidden)


async def test_a_keys_tenant_wins_over_the_header(door: Door) -> None:
    own, any_ = await door.make("classify", tenant="bot"), await door.make("classify")
    header = {"x-tidegate-tenant": "other"}
    assert door.enter(CLASSIFY, FAR, authorization=bearer(own)).tenant == "bot"
    assert door.enter(CLASSIFY, FAR, authorization=bearer(own), **header).tenant == "bot"
    assert door.enter(CLASSIFY, FAR, authorization=bearer(any_)).tenant == ""
    assert door.enter(CLASSIFY, FAR, authorization=bearer(any_), **header).tenant == "other"
    assert door.enter(CLASSIFY, FAR, Anonymous.ANYWHERE, **header).tenant == "other"
    with pytest.raises(BadRequest, match=r"^x-tidegate-tenant: must have at most 128 characters$"):
        door.enter(CLASSIFY, FAR, authorization=bearer(any_), **{"x-tidegate-tenant": "x" * 129})


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}", "Bearer {} "])
async def test_ways_to_write_the_header(door: Door, form: str) -> None:
    key = await door.make("classify")
    assert door.enter(CLASSIFY, FAR, authorization=form.format(key.text)).key_id == key.id


# What is wrong with each; {} is a key in force with every scope.
MALFORMED = {
    "none": None,
    "empty": "",
    "the scheme alone": "Bearer",
    "the scheme and a blank": "Bearer ",
    "another scheme": "Basic {}",
    "no scheme": "{}",
    "two schemes": "Bearer Bearer {}",
    "a scheme grown together": "Bearer{}",
    "a colon": "Bearer: {}",
    "another provider's key": "Bearer sk-proj-0123456789abcdefghijklmnopqrstuvwxyz",
    "a placeholder": "Bearer unused",
    "the prefix alone": "Bearer tg_",
    "in quotes": 'Bearer "{}"',
    "cut short": "Bearer {cut}",
    "grown": "Bearer {}a",
    "two keys": "Bearer {}, {}",
    "a wrong secret": "Bearer tg_{id}_{wrong}",
    "an unknown id": "Bearer tg_zzzzzzzzzz_{secret}",
    "an id in capitals": "Bearer tg_{upper}_{secret}",
    "the hash as the secret": "Bearer tg_{id}_{hash}",
    "the hash cut to the secret's length": "Bearer tg_{id}_{half}",
    "a letter that is not ASCII": "Bearer tg_{id}_{cut43}é",
    "a whole megabyte": "Bearer tg_" + "x" * 1_000_000,
    "a revoked key": "Bearer {revoked}",
}


@pytest.mark.parametrize("case", MALFORMED)
@pytest.mark.parametrize("scope", Scope)
async def test_every_bad_credential_has_one_answer(door: Door, case: str, scope: Scope) -> None:
    key, revoked = await door.make("admin"), await door.make("admin")
    await door.journal.commit(lambda _: KeyRevoked(id=revoked.id, author="command line"))
    form = MALFORMED[case]
    headers = {} if form is None else {"authorization": filled(form, key, revoked)}
    for host in (NEAR, FAR):
        refused = door.refusal(scope, host, **headers)
        assert (type(refused), refused.detail) == (Unauthorized, KEYS)
        assert refused.headers == {"WWW-Authenticate": 'Bearer realm="tidegate"'}


def filled(form: str, key: Key, revoked: Key) -> str:
    """Return a bad credential with a real key's parts in it."""
    wrong = key.secret[:-1] + ("a" if key.secret[-1] != "a" else "b")
    parts = {"id": key.id, "upper": key.id.upper() + "", "secret": key.secret, "wrong": wrong, "hash": key.hash}
    more = {"half": key.hash[:43], "cut": key.text[:-1], "cut43": key.secret[:-1], "revoked": revoked.text}
    return form.format(key.text, key.text, **parts, **more)


OURS = [case for case, form in MALFORMED.items() if form and form.startswith(("Bearer tg_", "Bearer {"))]
FOREIGN = [case for case in MALFORMED if case not in OURS]


@pytest.mark.parametrize("case", MALFORMED)
async def test_where_none_is_needed_only_what_looks_like_ours_is_looked_at(door: Door, case: str) -> None:
    key, revoked = await door.make("admin"), await door.make("admin")
    await door.journal.commit(lambda _: KeyRevoked(id=revoked.id, author="command line"))
    form = MALFORMED[case]
    headers = {} if form is None else {"authorization": filled(form, key, revoked)}
    if case in FOREIGN:
        assert door.enter(CLASSIFY, FAR, Anonymous.ANYWHERE, **headers).key_id == ""
    else:
        assert door.refusal(CLASSIFY, NEAR, anonymous=Anonymous.ANYWHERE, **headers).detail == KEYS


async def test_a_key_where_there_are_none_is_refused_also_here(door: Door) -> None:
    # Another TIDEGATE_STATE than the key was made in: to judge the text as nobody's would hide it.
    for host in (NEAR, FAR):
        for scope in (CLASSIFY, FEEDBACK):
            assert door.refusal(scope, host, authorization=bearer(new_key())).detail == UNKNOWN_KEY
        refused = door.refusal(ADMIN, host, authorization=bearer(new_key()))
        assert refused.detail == "this API key is not known: " + NO_KEYS_FOR_ADMIN
    assert door.enter(CLASSIFY, NEAR, authorization="Bearer unused").key_id == ""


async def test_who_has_gone_before_it_was_seen_where_from_is_neither_let_in_nor_a_stranger(door: Door) -> None:
    for scope in Scope:
        with pytest.raises(ClientGone):
            door.enter(scope, None)
    assert door.enter(CLASSIFY, None, Anonymous.ANYWHERE).key_id == ""


async def test_nobody_is_let_in_before_the_keys_are_known(journal: Follower) -> None:
    unread = Door(journal)
    for scope in Scope:
        for anonymous in Anonymous:
            with pytest.raises(Unavailable, match="has not been read yet"):
                unread.enter(scope, NEAR, anonymous)
    async with journal:
        assert unread.enter(CLASSIFY, NEAR).key_id == ""


async def test_a_key_names_who_touched_it_last(door: Door) -> None:
    key, other = await door.make("classify"), await door.make("classify")
    await door.journal.commit(lambda _: KeyRevoked(id=key.id, author=other.id))
    kept = door.journal.standing.keys
    assert [kept[key.id].author, kept[other.id].author] == [other.id, "command line"]


async def test_only_administrators_and_the_machine_itself_see_what_others_have(door: Door) -> None:
    assert door.enter(CLASSIFY, NEAR).sees_all is True
    assert door.enter(CLASSIFY, FAR, Anonymous.ANYWHERE).sees_all is False
    admin, other = await door.make("admin"), await door.make("classify", "feedback")
    assert door.enter(CLASSIFY, FAR, authorization=bearer(admin)).sees_all is True
    assert door.enter(CLASSIFY, NEAR, authorization=bearer(other)).sees_all is False
    assert door.enter(CLASSIFY, NEAR, Anonymous.ANYWHERE).sees_all is False
