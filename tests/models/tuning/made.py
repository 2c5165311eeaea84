"""Rows with known truth, and policies of a few categories."""

import numpy as np

from models.decide import decide_all
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.rows import LabelledRows, distinct
from taxonomy.categories import Role
from taxonomy.files import native
from taxonomy.policy import Action, Band, OnError, OnUnsupported, Policy, Rule, decided_slugs

NO_BAND = Band()
SLUGS = decided_slugs(native())
HATE, VIOLENCE, JAILBREAK = (OUTPUTS.index(slug) for slug in ("hate", "violence", "jailbreak"))


def policy_of(*slugs, action=Action.BLOCK, band=NO_BAND, unsupported=OnUnsupported.DECIDE, threshold=0.5, **others):
    """Return a policy in which `slugs` act and all others allow; `others` are rules by slug."""
    rules = {
        slug: others.get(slug, Rule(threshold, action, band) if slug in slugs else Rule(0.5, Action.ALLOW))
        for slug in SLUGS
    }
    return Policy("made", "", OnError.CLOSED, dict.fromkeys(Role, rules), unsupported)


def made(n, seed=0, slugs=("hate", "violence", "jailbreak"), harmful=0.4, apart=3.0):
    """Return n distinct rows; the columns of `slugs` tell harmful from harmless by `apart` logits, others are low."""
    rng = np.random.default_rng(seed)
    columns = [OUTPUTS.index(slug) for slug in slugs]
    labels = np.zeros((n, len(OUTPUTS)), bool)
    bad = rng.random(n) < harmful
    labels[bad, rng.choice(columns, bad.sum())] = True
    hazards = [i for i, name in enumerate(OUTPUTS) if name in native().hazards]
    labels[:, OUTPUTS.index(UNSAFE)] = labels[:, hazards].any(axis=1)
    labels[:, OUTPUTS.index(ATTACK)] = labels[:, JAILBREAK]
    logits = np.full(labels.shape, -6.0)
    logits[:, columns] = rng.normal(-2.5, 1.5, (n, len(columns))) + rng.normal(0, 0.7, (n, 1))
    logits[:, columns] += apart * labels[:, columns]
    return LabelledRows(
        1 / (1 + np.exp(-logits)),
        labels,
        np.ones_like(labels),
        np.zeros(n, np.uint8),
        np.arange(n),
        np.ones(n, bool),
    )


def taken(rows, places):
    """Return rows by their places, each a text of its own."""
    fields = {name: array[places] for name, array in rows._asdict().items() if array is not None}
    return LabelledRows(**fields | {"groups": np.arange(len(places))})


POLICY = policy_of("hate", "violence", "jailbreak")


def without_known(rows, columns):
    known = rows.known.copy()
    known[:, columns] = False
    return rows._replace(known=known)


def counted(rows, tuned):
    """What the tuned policy does to the verifying rows: masks of shape (verifying rows,)."""
    off = distinct(rows).only(~tuned.choosing[tuned.kept])
    return off, decide_all(off.scores, off.roles, off.supported, tuned.policy)
