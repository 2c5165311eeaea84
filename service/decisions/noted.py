"""What the event loop notes of a request: what is there already, nothing encoded, and no text."""

from collections.abc import Mapping, Sequence

import msgspec

from service.judge import Judged


# A thousand of them wait at a time. None is part of a cycle, so the collector need not count and walk them.
class Noted(msgspec.Struct, frozen=True, gc=False):
    """The decisions of one answer. `began` and `ended` are in seconds of the monotonic clock.

    `judged` is shared with other requests where a text is asked often. `policy` and `digest` are those of the policy in
    force, the request's own `thresholds` in it: that itself is tens of KB where it was made for the request. `version`
    is its version, 0 for one that is shipped or kept in a file.
    """

    answer: str
    began: float
    ended: float
    tenant: str
    judged: Sequence[Judged]
    policy: str
    digest: str
    thresholds: Mapping[str, float]
    version: int
