"""What all entries of a journal come to. Pure: the same entries give the same standing, in every process.

A journal is untrusted input: an entry that cannot be read, or that contradicts those before it, changes nothing and is
named in `skipped`.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from service.journal.document import resolved
from service.journal.entries import (
    Entry,
    KeyCreated,
    KeyRevoked,
    PolicyActivated,
    PolicyRetired,
    PolicySaved,
    ShadowSet,
    TenantAssigned,
    decode,
)
from service.journal.shared import shared
from service.journal.standing import Assignment, Key, PolicyStanding, Skipped, Standing, Version
from taxonomy.document import DocumentError
from taxonomy.files import native
from taxonomy.policy import Policy

T = TypeVar("T")

# A policy with its resolved parent takes ten thousand.
MOST_BYTES = 1_048_576
# Of the entries that were skipped, how many of the latest are named.
NAMED = 100


class Contradiction(ValueError):
    """An entry does not follow from those before it; the message names no content."""


def folded(standing: Standing, lines: Iterable[bytes]) -> Standing:
    """Return the standing after some more entries as the store keeps them, whatever they are."""
    standing = _own(standing)
    for line in lines:
        standing = _after(standing, line)
    return standing


def fold(standing: Standing, entry: Entry) -> Standing:
    """Return the standing after one more entry. Raises Contradiction."""
    return _fold(_own(standing), entry)


def _own(standing: Standing) -> Standing:
    """Return a standing that nobody else has: what is folded into it is added to its mappings.

    Copied for every entry, 20,000 tenants took three seconds to read and 100,000 minutes.
    """
    policies, tenants, keys = dict(standing.policies), dict(standing.tenants), dict(standing.keys)
    return msgspec.structs.replace(standing, policies=policies, tenants=tenants, keys=keys)


def _fold(standing: Standing, entry: Entry) -> Standing:
    if entry.revision != standing.revision + 1:
        raise Contradiction("it is not in the place it says")
    changed: dict[str, object]
    match entry:
        case PolicySaved():
            changed = {"policies": _put(standing.policies, entry.name, _saved(_named(standing, entry.name), entry))}
        case PolicyActivated() | PolicyRetired() | ShadowSet():
            if entry.name not in standing.policies:
                raise Contradiction("no policy of that name was saved")
            changed = {"policies": _put(standing.policies, entry.name, _turned(standing.policies[entry.name], entry))}
        case TenantAssigned():
            changed = {"tenants": _assigned(standing.tenants, entry)}
        case KeyCreated():
            if entry.id in standing.keys:
                raise Contradiction("a key of that id is there already")
            key = Key(entry.id, entry.hash, entry.scopes, entry.tenant, entry.note, entry.time, entry.author)
            changed = {"keys": _put(standing.keys, entry.id, key)}
        case KeyRevoked():
            changed = {"keys": _put(standing.keys, entry.id, _revoked(standing.keys, entry))}
    return msgspec.structs.replace(standing, revision=entry.revision, **changed)


def _after(standing: Standing, line: bytes) -> Standing:
    revision = standing.revision + 1
    try:
        if len(line) > MOST_BYTES:
            raise Contradiction(f"it is longer than {MOST_BYTES} bytes")
        entry = decode(line)
    except Contradiction as error:
        return _skipping(standing, str(error))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _skipping(standing, "it cannot be read: damaged, or written by a newer tidegate")
    try:
        return _fold(standing, entry)
    except Contradiction as error:
        after = _skipping(standing, str(error))
    if isinstance(entry, PolicySaved) and entry.revision == revision:
        # Its number stays taken: who can read it must not find another version under the same one.
        named = _named(standing, entry.name)
        kept = msgspec.structs.replace(named, last=max(named.last, entry.version), revision=revision)
        after = msgspec.structs.replace(after, policies=_put(standing.policies, entry.name, kept))
    return after


def _skipping(standing: Standing, reason: str) -> Standing:
    revision = standing.revision + 1
    skipped = (*standing.skipped, Skipped(revision, reason))[-NAMED:]
    return msgspec.structs.replace(standing, revision=revision, skipped=skipped, skips=standing.skips + 1)


def _put(mapping: Mapping[str, T], name: str, value: T) -> dict[str, T]:
    assert isinstance(mapping, dict)  # _own's
    mapping[name] = value
    return mapping


def _named(standing: Standing, name: str) -> PolicyStanding:
    return standing.policies.get(name, PolicyStanding())


def _saved(named: PolicyStanding, entry: PolicySaved) -> PolicyStanding:
    if entry.version <= named.last:
        raise Contradiction("a version of that number was saved before")
    try:
        file, policy = resolved(entry.document, entry.parent)
        extended = None if entry.parent is None else msgspec.convert(entry.parent, Policy)
        parent = None if extended is None else (extended.name, extended.digest)
    except (DocumentError, msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError):
        raise Contradiction("its policy cannot be read: damaged, or written by a newer tidegate") from None
    if file.name != entry.name:
        raise Contradiction("its policy has another name")
    before = next(reversed(named.versions.values()), None)
    policy = shared(policy, before.policy if before else None)
    # Resolved with another taxonomy it decides on other categories, and need not be what it was in every one.
    if entry.taxonomy == native().digest and policy.digest != entry.digest:
        raise Contradiction("its policy has another digest")
    version = Version(entry.version, file, policy, parent, entry.revision, entry.time, entry.author, entry.reason)
    versions = {**named.versions, entry.version: version}
    return msgspec.structs.replace(named, versions=versions, last=entry.version, retired=False, revision=entry.revision)


def _turned(named: PolicyStanding, entry: PolicyActivated | PolicyRetired | ShadowSet) -> PolicyStanding:
    """Return a policy's standing after another of its versions was chosen, or none."""
    match entry:
        case PolicyActivated():
            if entry.version and entry.version not in named.versions:
                raise Contradiction("no version of that number was saved")
            # What is in force is no candidate any more, nor again once another version is.
            shadow = None if named.shadow == entry.version else named.shadow
            return msgspec.structs.replace(
                named, active=entry.version, shadow=shadow, retired=False, revision=entry.revision
            )
        case ShadowSet():
            if entry.version is not None and entry.version not in named.versions:
                raise Contradiction("no version of that number was saved")
            return msgspec.structs.replace(named, shadow=entry.version, revision=entry.revision)
        case PolicyRetired():
            if named.retired:
                raise Contradiction("the policy was retired before")
            return msgspec.structs.replace(named, active=0, shadow=None, retired=True, revision=entry.revision)


def _assigned(tenants: Mapping[str, Assignment], entry: TenantAssigned) -> Mapping[str, Assignment]:
    if entry.policy is not None:
        given = Assignment(entry.policy, entry.revision, entry.time, entry.author, entry.reason)
        return _put(tenants, entry.tenant, given)
    if entry.tenant not in tenants:
        raise Contradiction("the tenant had no policy")
    assert isinstance(tenants, dict)  # _own's
    del tenants[entry.tenant]
    return tenants


def _revoked(keys: Mapping[str, Key], entry: KeyRevoked) -> Key:
    if entry.id not in keys:
        raise Contradiction("no key of that id was created")
    if keys[entry.id].revoked:
        raise Contradiction("the key was revoked before")
    return msgspec.structs.replace(keys[entry.id], revoked=max(entry.time, 1), author=entry.author)
