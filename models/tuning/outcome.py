"""What tuning has chosen as a policy file: the thresholds, and the evidence that they were chosen on."""

import msgspec

from models.date import today
from models.tuning.sheet import Labelled
from models.tuning.tuned import Tuned
from taxonomy.evidence import Evidence
from taxonomy.files import native
from taxonomy.policy import Policy
from taxonomy.resolve import PolicyFile, resolve


def policy_file(tuned: Tuned, of: Labelled, parent: Policy, name: str, asked: str) -> PolicyFile:
    """Return a policy that extends the one begun with; `asked` is the objective as it was written.

    Promises come first; what was only measured is kept for the whole policy, not for each category.
    """
    bare = PolicyFile(
        name=name,
        description=f"{parent.name}, with thresholds chosen on labelled texts by `tidegate tune`.",
        extends=parent.name,
        categories=tuned.changes,
    )
    evidence = Evidence(
        objective=asked,
        confidence=tuned.confidence,
        made=today(),
        data=of.data,
        model=of.model,
        rules=resolve(bare, native(), parent).rules_digest,
        chosen_on=tuned.chosen_on,
        verified_on=tuned.verified_on,
        promises=(*tuned.promises, *tuned.overall),
    )
    return msgspec.structs.replace(bare, evidence=evidence)
