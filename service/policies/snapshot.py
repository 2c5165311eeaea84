"""Everything that policies come to at one moment: immutable, so that a request works on one of them."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from service.errors import BadRequest, Forbidden, Unavailable
from service.journal.standing import Standing
from service.policies.files import Source, Written
from service.policies.ruling import Ruling
from service.policies.shadow import Disagreements
from taxonomy.categories import NEEDS_CAUTION
from taxonomy.override import OverrideRefused, bounded
from taxonomy.policy import Override, Policy, UnknownCategory

Compared: TypeAlias = Callable[[Policy, Policy], Disagreements]

# More names than a message should hold.
_MOST_NAMES = 20


class Known(msgspec.Struct, frozen=True):
    """A policy in force: what a request gets that changes nothing of it, and where it comes from."""

    ruling: Ruling
    source: Source

    @property
    def policy(self) -> Policy:
        """The policy itself."""
        return self.ruling.policy


class Snapshot(msgspec.Struct, frozen=True):
    """The policies by name, the default one, and the tenants that have one of their own, by its name."""

    known: Mapping[str, Known]
    default: Known
    tenants: Mapping[str, str]

    def resolve(self, name: str | None, thresholds: Mapping[str, float], tenant: str = "") -> Ruling:
        """Return what a request is judged by: the tenant's policy or the default one, or another that it names.

        That policy's `override` says whether the request may name another, which takes `any`, and the named one's
        which thresholds it may bring.

        Raises BadRequest, Forbidden, and Unavailable where the tenant's policy is not there any more. No message
        repeats a name or a slug that the request sent.
        """
        own = self._own(tenant)
        known = own if name is None else self._named(name, own)
        return known.ruling if not thresholds else self._changed(known.ruling, thresholds)

    def open_to(self, tenant: str) -> Mapping[str, Known]:
        """Return the policies that a tenant's requests may name. Raises Unavailable as `resolve` does."""
        own = self._own(tenant)
        return self.known if own.policy.override is Override.ANY else {own.policy.name: own}

    def _own(self, tenant: str) -> Known:
        assigned = self.tenants.get(tenant)
        if assigned is None:
            return self.default
        known = self.known.get(assigned)
        if known is None:  # the default one instead might let through what the tenant's would not
            raise Unavailable("the policy of this tenant is not there any more")
        return known

    def _named(self, name: str, own: Known) -> Known:
        if name == own.policy.name:
            return own
        if own.policy.override is not Override.ANY:
            raise Forbidden(f"policy: {_SUBJECT} allows no other policy")
        known = self.known.get(name)
        if known is None:
            few = len(self.known) <= _MOST_NAMES
            raise BadRequest(
                f"unknown policy; known are {', '.join(self.known)}" if few else "unknown; GET /v1/policies lists them",
                "policy",
            )
        return known

    def _changed(self, ruling: Ruling, thresholds: Mapping[str, float]) -> Ruling:
        if NEEDS_CAUTION in thresholds:
            raise BadRequest("needs_caution has no threshold of its own: it comes from the review bands", "thresholds")
        try:
            return Ruling(bounded(ruling.policy, thresholds), ruling.version)
        except UnknownCategory as unknown:
            near = f"{unknown.near}{'' if unknown.near.endswith('?') else ';'}"
            raise BadRequest(f"unknown category{near} GET /v1/taxonomy lists the slugs", "thresholds") from None
        except OverrideRefused as refused:
            allowed = "none of the request's own" if refused.slug is None else "only ones that are not above its own"
            raise Forbidden(f"thresholds: {_SUBJECT} allows {allowed}") from None


_SUBJECT = "the policy that this is judged by"


def snapshot_of(written: Written, default: str, standing: Standing, compared: Compared) -> Snapshot:
    """Return what files and journal come to; `default` is the name of a policy of the files or the package.

    What a file says goes before what the journal says, and that before what ships. `compared` gives the counts of a
    candidate beside a policy.
    """
    known = {name: Known(Ruling(policy), written.sources[name]) for name, policy in written.policies.items()}
    for name, named in standing.policies.items():
        if in_files(written, name):
            continue
        if active := named.versions.get(named.active):
            known[name] = Known(Ruling(active.policy, active.number), Source.STORED)
        shadow = named.versions.get(named.shadow or 0)
        if shadow and name in known and named.shadow != named.active:
            ruling = known[name].ruling
            counts = compared(ruling.policy, shadow.policy)
            known[name] = Known(Ruling(ruling.policy, ruling.version, shadow.policy, counts), known[name].source)
    tenants = {tenant: given.policy for tenant, given in standing.tenants.items()} | dict(written.tenants)
    return Snapshot(known, known[default], tenants)


def in_files(written: Written, name: str) -> bool:
    """Tell whether a policy stands in a file of the operator's, and so cannot be changed over the API."""
    return written.sources.get(name) in (Source.FILE, Source.FOLDER)


def tag_of(written: Written, standing: Standing, name: str) -> str | None:
    """Return the tag of a policy and its versions, None where there is neither."""
    policy, named = written.policies.get(name), standing.policies.get(name)
    if named and not in_files(written, name):
        return str(named.revision)
    return policy.digest.removeprefix("sha256:")[:16] if policy else None
