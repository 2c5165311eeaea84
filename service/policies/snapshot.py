"""Everything that policies come to at one moment: immutable, so that a request works on one of them."""

from collections.abc import Mapping

import msgspec

from service.errors import BadRequest, Forbidden, Unavailable
from service.policies.files import Source, Written
from service.policies.ruling import Ruling
from taxonomy.categories import NEEDS_CAUTION
from taxonomy.override import OverrideRefused, bounded
from taxonomy.policy import Override, Policy, UnknownCategory

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
        except UnknownCategory:
            raise BadRequest("unknown category; GET /v1/taxonomy lists the slugs", "thresholds") from None
        except OverrideRefused as refused:
            allowed = "none of the request's own" if refused.slug is None else "only ones that are not above its own"
            raise Forbidden(f"thresholds: {_SUBJECT} allows {allowed}") from None


_SUBJECT = "the policy that this is judged by"


def snapshot_of(written: Written, default: str) -> Snapshot:
    """Return what the files come to. `default` is the name of one of them."""
    known = {name: Known(Ruling(policy), written.sources[name]) for name, policy in written.policies.items()}
    return Snapshot(known, known[default], written.tenants)
