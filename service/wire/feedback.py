"""`POST /v1/feedback`: what somebody who knows says of a decision."""

import msgspec


class FeedbackRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`decision` is an answer's id, a dash, and the position of the text in it, from 0; turns read together come last.

    `right` says whether the verdict was. `labels` says of categories, and of `unsafe` and `attack`, whether they hold;
    what it leaves out is unknown.
    """

    decision: str
    right: bool
    labels: dict[str, bool] = {}


class FeedbackAnswer(msgspec.Struct, frozen=True):
    """The feedback is taken and will be written; `time` is in milliseconds since 1970."""

    decision: str
    time: int
