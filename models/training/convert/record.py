"""What a converted bundle's manifest and card keep of how it was made."""

from enum import StrEnum

import msgspec

from models.training.export.parity import Limits, Parity


class Precision(StrEnum):
    """What can be made of a bundle: fp16 is for a GPU, fp32 for one that is slow at it."""

    FP16 = "fp16"
    FP32 = "fp32"


# Of the source in its own precision. Sums of a few hundred numbers rounded to fp16 move a logit by less than a
# hundredth on the bundles that ship; one that strays further overflows, or loses what it adds.
LIMITS = Limits(export=0.05)


class Source(msgspec.Struct, frozen=True):
    """The bundle that another was made of."""

    name: str
    digest: str
    precision: str


class Conversion(msgspec.Struct, frozen=True):
    """How a converted bundle did against its source, over texts under a policy.

    In `parity` the new graph is compared with the source as it ships; `export` is the largest difference of a logit
    between the new graph and the source's weights in fp32. Of fp16 it is measured with the floats between any two
    operators rounded to fp16, on a CPU; `export` as well with the graph as a CPU runs it.
    """

    source: Source
    policy: str
    parity: Parity
    limits: Limits
