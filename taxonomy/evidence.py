"""What a policy's thresholds were chosen on: the promise, the sample, and the bound that the sample supports.

Written by `tidegate tune` into the policy file, kept with every version, and worth nothing once a rule has been
changed by hand: `rules` says which it was chosen for.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from taxonomy.categories import Share

Rows = Annotated[int, Meta(ge=0, le=2**53, description="a number of rows")]


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rate, the limit it was asked to keep, and the bound on it that the verifying rows gave.

    `of` is a category's slug, or `overall`: any category that is not allowed. `figure` is `fpr`, the share of harmless
    rows stopped, `recall`, the share of harmful rows stopped (or, where bands were chosen, reviewed), or `reviews`, the
    share of texts reviewed. A lower bound for `recall`, an upper one for the others, at the evidence's confidence;
    `errors` of `rows` were stopped wrongly, missed or reviewed. Where `limit` is left out nothing was promised: the
    bound is what was measured.
    """

    of: str
    figure: str
    bound: Share
    rows: Rows
    errors: Rows
    limit: Share | None = None


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What thresholds were chosen on; `rules` is the digest of the rules with them (Policy.rules_digest).

    Digests are `sha256:` and 64 hex digits; `confidence` is in 0..1.
    """

    objective: str
    confidence: Share
    made: str
    data: str
    model: str
    rules: str
    chosen_on: Rows
    verified_on: Rows
    promises: tuple[Promise, ...] = ()
