"""`tidegate keys`: make, list and revoke API keys."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

from models.date import instant
from service.access.keys import new_key, read_key
from service.access.scope import Scope
from service.configuration.loading import load_settings
from service.errors import ServiceError
from service.journal.entries import COMMAND_LINE, Entry, KeyCreated, KeyRevoked
from service.journal.follow import POLL_SECONDS, Follower
from service.journal.opened import open_journal
from service.journal.standing import Key as Kept
from service.journal.standing import Standing
from service.metrics import Metrics
from taxonomy.tenants import mistake_in
from taxonomy.wording import one_line

T = TypeVar("T")
_LONGEST_NOTE = 200
# Running replicas look for changes that often, and a look takes time too: what the command says is then so on all of
# them that can read the journal, and a script may go on with its key.
_IN_FORCE_SECONDS = 2 * POLL_SECONDS
_FIRST = "from now on every request needs a key, but where TIDEGATE_ANONYMOUS=anywhere lets everybody classify"


class KeysError(ValueError):
    """The keys cannot be read or changed; the message repeats none."""


class _RevokedBeforeError(Exception):
    """Nothing is left to do."""


class Listed(msgspec.Struct, frozen=True):
    """A key as it is listed. Times are RFC 3339; `author` is who made it, or revoked it; `revoked` is null in force."""

    id: str
    tenant: str
    scopes: tuple[str, ...]
    note: str
    created: str
    author: str
    revoked: str | None

    @classmethod
    def of(cls, key: Kept) -> "Listed":
        """Return a key of the standing."""
        revoked = instant(key.revoked) if key.revoked else None
        return cls(key.id, key.tenant, key.scopes, key.note, instant(key.time), key.author, revoked)


class Made(msgspec.Struct, frozen=True):
    """A new key, in the one place where it is shown."""

    id: str
    key: str
    tenant: str
    scopes: tuple[str, ...]
    note: str


@click.group()
def keys() -> None:
    """Make, list and revoke API keys, in the state that the service of the same TIDEGATE_STATE reads.

    A running service follows before the command ends. From the first key on, every request needs one.
    """


@keys.command()
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=[Scope.CLASSIFY.value],
    show_default=True,
    help="What the key may do; give it again for more. admin takes in the others.",
)
@click.option("--tenant", default="", help="Whom the key speaks for; without, whoever X-Tidegate-Tenant names.")
@click.option("--note", default="", help="For those who read the list.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the key in it.")
def create(scopes: tuple[str, ...], tenant: str, note: str, as_json: bool) -> None:
    """Make a key and print it, once: only a hash of it is kept. Its id goes to standard error."""
    if tenant and (wrong := mistake_in(tenant)):
        raise click.UsageError(f"--tenant: {wrong}")
    _check("note", note, _LONGEST_NOTE)
    key, given = new_key(), tuple(dict.fromkeys(scopes))
    first = False

    def entry(standing: Standing) -> KeyCreated:
        nonlocal first
        first = not standing.keys
        return KeyCreated(id=key.id, hash=key.hash, scopes=given, tenant=tenant, note=note, author=COMMAND_LINE)

    _with_journal(lambda journal: _in_force(journal, entry))
    click.echo(f"id: {key.id}", err=True)
    if first:
        click.echo(_FIRST, err=True)
    click.echo(msgspec.json.encode(Made(key.id, key.text, tenant, given, note)) if as_json else key.text)


@keys.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_keys(as_json: bool) -> None:
    """List all keys, those that were revoked too, oldest first."""
    found = [Listed.of(each) for each in _with_journal(_standing).keys.values()]
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    table = Table(box=None)
    for column in ("id", "tenant", "scopes", "created", "by", "revoked", "note"):
        table.add_column(column, no_wrap=column in ("id", "created", "revoked"), overflow="fold")
    for each in found:
        row = (each.id, each.tenant, " ".join(each.scopes), each.created, each.author, each.revoked or "", each.note)
        table.add_row(*map(one_line, row))
    Console(markup=False, highlight=False).print(table)


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--reason", default="", help="For the journal.")
def revoke(key_id: str, reason: str) -> None:
    """Revoke the key ID for good; a whole key is taken as well. Twice does no harm."""
    _check("reason", reason, _LONGEST_NOTE)
    whole = read_key(key_id)
    wanted = whole.id if whole else key_id

    def entry(standing: Standing) -> KeyRevoked:
        kept = standing.keys.get(wanted)
        if kept is None:
            # Not what was given: it could be a part of a key.
            raise KeysError("there is no key of that id; `tidegate keys list` names those there are")
        if kept.revoked:
            raise _RevokedBeforeError
        return KeyRevoked(id=wanted, author=COMMAND_LINE, reason=reason)

    with suppress(_RevokedBeforeError):
        _with_journal(lambda journal: _in_force(journal, entry))
    click.echo(f"revoked: {wanted}", err=True)


async def _in_force(journal: Follower, make: Callable[[Standing], Entry]) -> None:
    """Commit a change, and wait until running replicas have read it."""
    await journal.commit(make)
    await asyncio.sleep(_IN_FORCE_SECONDS)


async def _standing(journal: Follower) -> Standing:
    return await journal.refresh()


def _with_journal(work: Callable[[Follower], Awaitable[T]]) -> T:
    """Return what comes of some work on the journal that the settings name. Raises SettingsError, KeysError."""
    journal = open_journal(load_settings())

    async def run() -> T:
        try:
            return await work(Follower(journal, Metrics()))
        except ServiceError as error:
            raise KeysError(error.detail) from None
        finally:
            await journal.close()

    return asyncio.run(run())


def _check(option: str, value: str, longest: int) -> None:
    if len(value) > longest or not value.isprintable():
        raise click.UsageError(f"--{option} takes at most {longest} characters, all of which can be printed")
