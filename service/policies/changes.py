"""Changes of policies and tenants: what must hold for each, looked at again when somebody else was first.

Each returns the standing after it, and raises PreconditionFailed, Conflict, BadRequest, NotFound, or Unavailable when
the journal cannot be written. None of them waits for anything but the journal.
"""

from collections.abc import Callable

import msgspec

from service.errors import BadRequest, Conflict, NotFound
from service.journal.entries import Entry, PolicyActivated, PolicyRetired, PolicySaved, ShadowSet, TenantAssigned
from service.journal.follow import Follower
from service.journal.standing import PolicyStanding, Standing
from service.policies.conditions import Condition
from service.policies.policies import Policies
from service.policies.snapshot import in_files, tag_of
from taxonomy.families import ITSELF
from taxonomy.files import native
from taxonomy.policy import Policy
from taxonomy.resolve import PolicyFile, resolve
from taxonomy.tenants import mistake_in
from taxonomy.wording import counted


class By(msgspec.Struct, frozen=True):
    """Who changes something and why; `author` is the id of an API key."""

    author: str
    reason: str = ""


class Changes:
    """What can be changed over the API. For one event loop."""

    def __init__(self, policies: Policies, journal: Follower) -> None:
        self._policies = policies
        self._journal = journal

    async def save(self, file: PolicyFile, condition: Condition, by: By) -> tuple[Standing, int]:
        """Add a version, not in force yet; it keeps the policy that it extends as that is now. Return its number."""
        number = 0

        def entry(standing: Standing) -> Entry:
            nonlocal number
            number = self._named(standing, file.name, condition).last + 1
            parent = self._parent(standing, file)
            return PolicySaved.of(file, parent, version=number, author=by.author, reason=by.reason)

        return await self._journal.commit(entry), number

    def resolved(self, file: PolicyFile) -> Policy:
        """Return what a policy would be if it were saved now. Raises BadRequest."""
        return resolve(file, native(), self._parent(self._journal.standing, file))

    async def activate(self, name: str, version: int, condition: Condition, by: By) -> Standing:
        """Put a version in force, an older one too; 0 is what is shipped under the name."""

        def entry(standing: Standing) -> Entry:
            self._version(self._named(standing, name, condition), version, or_none=True)
            if version == 0 and name not in self._policies.written.policies:
                raise Conflict("version: nothing is shipped under this name; DELETE retires the policy")
            return PolicyActivated(name=name, version=version, author=by.author, reason=by.reason)

        return await self._saved(name, entry)

    async def retire(self, name: str, condition: Condition, by: By) -> Standing:
        """Take all versions out of force; they can still be read and activated."""

        def entry(standing: Standing) -> Entry:
            named = self._named(standing, name, condition)
            if named.retired:
                raise Conflict("the policy is retired already")
            theirs = sum(given.policy == name for given in standing.tenants.values())
            if theirs and name not in self._policies.written.policies:
                have = counted(theirs, "tenant has", "tenants have")
                raise Conflict(f"{have} this policy; another has to be given first")
            return PolicyRetired(name=name, author=by.author, reason=by.reason)

        return await self._saved(name, entry)

    async def shadow(self, name: str, version: int | None, condition: Condition, by: By) -> Standing:
        """Have a version decided beside the policy in force; None ends it."""

        def entry(standing: Standing) -> Entry:
            named = self._named(standing, name, condition)
            if version is None:
                if named.shadow is None:
                    raise NotFound("the policy has no candidate")
                return ShadowSet(name=name, version=None, author=by.author, reason=by.reason)
            self._version(named, version)
            if name not in self._policies.under(standing).known:
                raise Conflict("no policy of this name is in force, which a candidate could stand beside")
            if version == named.active:
                raise Conflict("version: that one is in force")
            return ShadowSet(name=name, version=version, author=by.author, reason=by.reason)

        return await self._saved(name, entry)

    async def assign(self, tenant: str, policy: str | None, condition: Condition, by: By) -> Standing:
        """Give a tenant a policy of its own; None takes it away."""
        if wrong := mistake_in(tenant):
            raise BadRequest(wrong, "tenant")

        def entry(standing: Standing) -> Entry:
            if tenant in self._policies.written.tenants:
                raise Conflict("the tenant stands in a file of the folder TIDEGATE_POLICIES: change it there")
            given = standing.tenants.get(tenant)
            condition.check(str(given.revision) if given else None)
            if policy is None and given is None:
                raise NotFound("the tenant has no policy of its own")
            if policy is not None and policy not in self._policies.under(standing).known:
                raise BadRequest("unknown; GET /v1/policies lists them", "policy")
            return TenantAssigned(tenant=tenant, policy=policy, author=by.author, reason=by.reason)

        return await self._journal.commit(entry)

    def _parent(self, standing: Standing, file: PolicyFile) -> Policy | None:
        if file.extends is None:
            return None
        if file.extends == file.name:
            raise BadRequest(ITSELF, "policy.extends")
        known = self._policies.under(standing).known.get(file.extends)
        if known is None:
            raise BadRequest("no policy of that name is in force", "policy.extends")
        return known.policy

    def _named(self, standing: Standing, name: str, condition: Condition) -> PolicyStanding:
        written = self._policies.written
        if in_files(written, name):
            raise Conflict("the policy stands in a file (TIDEGATE_POLICIES or TIDEGATE_POLICY): change it there")
        condition.check(tag_of(written, standing, name))
        return standing.policies.get(name, PolicyStanding())

    def _version(self, named: PolicyStanding, version: int, *, or_none: bool = False) -> None:
        if version not in named.versions and not (or_none and version == 0):
            raise BadRequest("there is no such version", "version")

    async def _saved(self, name: str, make: Callable[[Standing], Entry]) -> Standing:
        """Commit a change of what was saved; of a name without versions there is nothing to change."""

        def entry(standing: Standing) -> Entry:
            if name not in standing.policies and name not in self._policies.written.policies:
                raise NotFound("there is no such policy")
            made = make(standing)
            if name not in standing.policies:
                raise Conflict("the policy has no versions yet: POST one to /v1/policies/NAME/versions")
            return made

        return await self._journal.commit(entry)
