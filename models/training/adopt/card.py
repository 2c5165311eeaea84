"""The card of an adopted bundle: what it judges, what it does not, and how it was checked."""

from models.bundle import Manifest
from models.outputs import ATTACK, UNSAFE
from models.training.adopt.label_map import Activation
from models.training.adopt.record import Agreement, Mapped, Quantised
from models.training.export.card import reading
from models.training.export.markdown import table
from models.training.export.parity import Limits
from models.training.export.parity_tables import parity_tables

_USE = """\
## Intended use

What its makers made it for; read their card and their licence, which this one does not repeat. Nobody here trained
it or measured how well it judges. Its scores are its own probabilities, not calibrated on any text of yours, and the
thresholds of the shipped policies were chosen for another model: choose your own before it blocks anything.
"""


def write_card(manifest: Manifest, mapped: Mapped, agreement: Agreement, quantised: Quantised, limits: Limits) -> str:
    """Return the card as Markdown."""
    parts = [
        f"# {manifest.name}",
        f"{manifest.base}, a {mapped.architecture} made elsewhere, as a bundle: {manifest.precision}, made "
        f"{manifest.created}. Written by `tidegate export` from the label map and its own measurements.",
        _USE,
        _judged(manifest, mapped),
        _not_judged(manifest, mapped),
        reading(manifest) + " " + _languages(manifest),
        f"## The bundle against its source\n\nOver {agreement.texts} texts in {agreement.windows} windows, the fp32 "
        f"graph as served differs from PyTorch by at most {agreement.logit:.2g} in a logit and "
        f"{agreement.probability:.2g} in a probability.",
        f"## {manifest.precision}\n\n" + _precision(quantised, limits),
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _judged(manifest: Manifest, mapped: Mapped) -> str:
    several = {
        Activation.MULTI_LABEL: "Labels have a sigmoid each; where several feed an output, the greatest counts.",
        Activation.SINGLE_LABEL: "Labels share a softmax; where several feed an output, their probabilities add up.",
    }
    rows = [(f"`{label}`", f"`{slug}`") for label, slug in mapped.labels.items()]
    wider = {UNSAFE: "`unsafe` is fed by every hazard's labels.", ATTACK: "`attack` is fed by every attack's labels."}
    fed = "".join(f" {words}" for name, words in wider.items() if name not in manifest.unscored)
    said = several[Activation(mapped.activation)] + fed
    return f"## What it judges\n\n{said}\n\n{table(('label', 'output'), rows)}"


def _not_judged(manifest: Manifest, mapped: Mapped) -> str:
    lines = ["## What it does not judge\n"]
    if manifest.unscored:
        names = ", ".join(f"`{name}`" for name in manifest.unscored)
        lines.append(f"The score of these is 0 for every text, and no judgement: {names}.")
    else:
        lines.append("Every output has a label that feeds it.")
    if mapped.ignored:
        lines.append(f"\nLabels of the source that are ignored: {', '.join(f'`{label}`' for label in mapped.ignored)}.")
    return "\n".join(lines)


def _languages(manifest: Manifest) -> str:
    if manifest.languages:
        return f"Languages: {', '.join(manifest.languages)}."
    return "Its label map does not say which languages it reads."


def _precision(quantised: Quantised, limits: Limits) -> str:
    if quantised.parity:
        return "Against fp32, on the same texts.\n\n" + parity_tables(quantised.parity, limits)
    return f"Not quantised: {quantised.refused}."
