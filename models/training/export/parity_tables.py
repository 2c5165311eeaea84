"""A card's tables of what the parity gate measured."""

from models.training.export.category import NEAR
from models.training.export.markdown import table
from models.training.export.parity import FEWEST_HOLDING, FEWEST_NEAR, Limits, Parity

_TOGETHER = ("figure", "measured", "limit")
_EACH = ("output", "rank correlation", "near", "one in ten", "largest", "acted on", "changed", "hold", "lost")


def parity_tables(parity: Parity, limits: Limits) -> str:
    """Return, beside the limits, what was measured of all outputs together, then of each."""
    together = table(
        _TOGETHER,
        [
            ("largest difference of a probability", f"{parity.difference:.3f}", f"{limits.difference}"),
            (
                "in the worst role one in a thousand is larger than",
                _number(parity.rare_difference),
                f"{limits.rare_difference}",
            ),
            ("mean difference of a probability", f"{parity.mean_difference:.4f}", f"{limits.mean_difference}"),
            ("verdicts changed", f"{parity.flips:.1%}", f"{limits.flips:.1%}"),
        ],
    )
    rows = [
        (
            name,
            f"{parity.spearman[name]:.4f}",
            str(found.near),
            _number(found.near_difference),
            _number(found.difference),
            str(found.acting),
            "" if found.flips is None else f"{found.flips:.1%}",
            str(found.holding),
            _number(found.precision_loss),
        )
        for name, found in parity.categories.items()
    ]
    limit = (
        "limit",
        f"{limits.spearman}",
        "",
        f"{limits.near_difference}",
        "",
        "",
        f"{limits.changed_actions:.1%}",
        "",
        f"{limits.precision_loss}",
    )
    return "\n\n".join(
        [
            f"All outputs together, over {parity.rows:,} rows:",
            together,
            "Each output, over the same rows; empty is what they cannot tell:",
            table(_EACH, [*rows, limit]),
            _legend(),
        ]
    )


def _legend() -> str:
    return (
        f"`near` are the rows whose probability is within {NEAR} of the policy's threshold by one of the models, or "
        "on either side of it; `one in ten` of them differ by more, `largest` is the greatest difference. `acted on` "
        "are those in which the policy does anything about the output, `changed` is the share of them in which it does "
        "not do the same. `hold` are the rows labelled with it, `lost` is average precision. The limits of `one in "
        f"ten` and `lost` hold from {FEWEST_NEAR} and {FEWEST_HOLDING} rows on, for with fewer chance alone comes near "
        "them; a share may be beyond its limit by as much as chance explains."
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
