"""MODEL_CARD.md, written from what was measured. Nobody edits it by hand."""

from collections.abc import Sequence

from models.bundle import Manifest
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.evaluate.figures import Figures
from models.training.evaluate.quality import FEWEST_POSITIVES
from models.training.evaluate.ranked import TITLES, cells
from models.training.evaluate.report import Measured
from models.training.evaluate.rows import Standing
from models.training.export.golden import Misjudged
from models.training.export.markdown import table
from models.training.export.parity import Limits, Parity
from models.training.export.parity_tables import parity_tables
from taxonomy.files import native

# A category under this average precision on the dev split, or with too few rows to measure, is named as weak.
_WEAK_PRECISION = 0.5

_USE = """\
## Intended use

To score prompts, responses, retrieved documents and posts in an application whose operator sets the thresholds
and checks them on their own traffic. The scores are probabilities on texts like those below; on other traffic
they rank, and the thresholds must be chosen there. Not for decisions about people, for legal judgement, or as
the only safeguard where a miss can hurt someone.
"""

_LIMITS = """\
## Limits and known failures

- English only. Other languages are scored, and the scores mean little; a lower-case vocabulary also loses accents and
  case. The service says `supported: false`, and most policies send such a text to review.
- The training texts come from many projects with different policies. A text in the style of a source that is
  harmful throughout (short blunt requests, jailbreak templates) may be stopped for its style.
- Calibration was fitted on a mixture of sources in which harm is far commoner than in ordinary traffic, so
  probabilities on ordinary traffic are too high.
- A long text is judged by its worst window, less an allowance for their number: a few words of harm inside many pages
  are mostly missed, and who pads a text with thousands of harmless words lowers its score. Harm that only shows across
  windows is missed; across turns of a conversation it is found now and then, by reading the user's turns together.
- A disguise is taken off where words come out (homoglyphs, leet, base64, ROT13 and others). What is encrypted, split
  over messages or put in riddles is read as it stands.
- Activations are quantised over a whole batch: a text scored beside others gets a slightly different probability
  than by itself (0.003 on average, 0.07 at most, on 400 rows of the first bundle).
"""


def write_card(
    manifest: Manifest,
    parity: Parity,
    limits: Limits,
    measured: Measured,
    wrong: Sequence[Misjudged],
    golden: int,
) -> str:
    """Return the card as Markdown."""
    taxonomy = native()
    parts = [
        f"# {manifest.name}",
        f"A safety classifier: {_origin(manifest)} for {len(OUTPUTS)} outputs, {manifest.precision}, made "
        f"{manifest.created}. Written by `tidegate export` from its own measurements.",
        _LIMITS,
        _weaknesses(measured, wrong, golden),
        _USE,
        "## Figures\n\n" + _figures(measured),
        "## int8 against fp32\n\n" + _int8(parity, limits),
        "## Outputs\n\nCalibrated probabilities, one each; definitions are the taxonomy's.\n",
        table(
            ("output", "what it means"),
            [
                *((c.slug, f"{c.definition} Not: {c.excludes[0].lower()}{c.excludes[1:]}")
                  for c in taxonomy.categories if c.slug in OUTPUTS),
                (UNSAFE, "Harmful content of any kind."),
                (ATTACK, "A jailbreak or an injection."),
            ],
        ),
        reading(manifest),
        "## Training data\n\nWhat it was trained on, from where and under which licence: DATA.md, beside this card.",
        "The weights start from all-MiniLM-L6-v2 (Apache-2.0).",
    ]  # fmt: skip
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _weaknesses(measured: Measured, wrong: Sequence[Misjudged], golden: int) -> str:
    dev = next((each for each in measured.figures if each.standing is Standing.DEV), None)
    found = _precisions(dev) if dev else {}
    weak = sorted((p, name) for name, p in found.items() if p < _WEAK_PRECISION)
    unmeasured = [name for name in OUTPUTS if dev and name not in found]
    lines = [f"- {golden - len(wrong)} of the {golden} golden texts get the verdict a careful reader would give."]
    lines += [
        f"  - {'not stopped' if each.action == 'allow' else f'wrongly: {each.action}'}: {_excerpt(each.text)}"
        for each in wrong
    ]
    if weak:
        lines.append(f"- Ranked badly on the dev split: {', '.join(f'{name} ({p:.2f})' for p, name in weak)}.")
    if unmeasured:
        lines.append(f"- Too few texts to measure at all: {', '.join(unmeasured)}.")
    return "## What it gets wrong\n\n" + "\n".join(lines)


def _figures(measured: Measured) -> str:
    parts = [
        f"Shares under the policy `{measured.policy}`; recall is the share of harmful rows flagged or blocked, "
        "stopped adds those sent to review. AP is average precision, ECE expected calibration error."
    ]
    for standing in dict.fromkeys(each.standing for each in measured.figures):
        found = [each for each in measured.figures if each.standing is standing]
        parts.append(f"### {standing}\n\n{found[0].note.capitalize()}.")
        parts.append(table(("rows", *TITLES), [(each.name, *cells(each)) for each in found]))
        for each in found:
            if each.categories:
                shown = ", ".join(f"{name} {p:.2f}" for name, p in _precisions(each).items())
                parts.append(f"Average precision in {each.name}: {shown}.")
    return "\n\n".join(parts)


def _precisions(each: Figures) -> dict[str, float]:
    """Return the average precision of every output that could be measured."""
    ranks = {name: found.ranks for name, found in each.categories.items()}
    ranks |= {UNSAFE: each.whole.unsafe, ATTACK: each.whole.attack}
    return {
        name: found.average_precision
        for name, found in ranks.items()
        if found.average_precision is not None and min(found.positives, found.negatives) >= FEWEST_POSITIVES
    }


def _int8(parity: Parity, limits: Limits) -> str:
    return "On the dev split; the exporter writes no bundle beyond a limit.\n\n" + parity_tables(parity, limits)


def reading(manifest: Manifest) -> str:
    """Return the section on windows."""
    spec = manifest.encoding
    context = f"with up to {spec.context_tokens} tokens of" if spec.context_tokens else "without"
    return (
        f"## How a text is read\n\nNormalised (version {manifest.normaliser}), then in windows of at most "
        f"{spec.max_tokens} tokens that overlap by {spec.overlap}; a response is read {context} "
        "its prompt. The greatest logit of the windows counts."
    )


def _excerpt(text: str) -> str:
    return f'"{text if len(text) <= 90 else text[:90].rsplit(" ", 1)[0] + " ..."}"'


def _origin(manifest: Manifest) -> str:
    training = manifest.metrics.get("training")
    if isinstance(training, dict) and training.get("student"):
        return f"a small student of a fine-tuned {manifest.base}"
    return f"{manifest.base} fine-tuned"
