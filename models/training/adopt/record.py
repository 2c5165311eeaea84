"""What a bundle's manifest and card keep of how it was adopted."""

import msgspec

from models.training.export.parity import Parity


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """The source and its map: `labels` is label -> output, `ignored` the labels that mean nothing here."""

    architecture: str
    activation: str
    labels: dict[str, str]
    ignored: list[str]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """The largest differences between PyTorch and the fp32 graph as served, over `texts` in `windows` windows."""

    texts: int
    windows: int
    logit: float
    probability: float


class Quantised(msgspec.Struct, frozen=True, kw_only=True):
    """How int8 did against fp32: `parity` where it ships, else `refused` with the reason."""

    parity: Parity | None = None
    refused: str | None = None
