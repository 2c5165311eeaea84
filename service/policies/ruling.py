"""What one request is judged by."""

from functools import cached_property

import msgspec

from service.policies.shadow import Disagreements
from taxonomy.policy import Policy


class Ruling(msgspec.Struct, frozen=True, dict=True):
    """A policy and its version, 0 for one that is shipped or stands in a file.

    `candidate` is decided beside it and never enforced; `disagreements` is where the two are compared.
    """

    policy: Policy
    version: int = 0
    candidate: Policy | None = None
    disagreements: Disagreements | None = None

    @cached_property
    def key(self) -> str:
        """What tells this ruling's verdicts, and what is counted of them, from every other's."""
        if self.candidate is None or self.disagreements is None:
            return self.policy.digest
        return f"{self.policy.digest} {self.candidate.digest} {self.disagreements.number}"
