"""A data folder in the format of the real one, small enough to read: a few sources, harmless words for harm.

"blue" stands for what is hateful, "override" for an attack; the encoder has to learn no more than that.
"""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.training.corpus.sources import Data, fingerprint

Row = dict[str, Any]

LABEL_MAP = {
    "dolly_sample": {},
    "stormfront_hate": {"hate": {"strong": ["hate"], "weak": []}},
    "surge_toxicity": {"toxic": {"strong": [], "weak": ["harassment"]}},
    "hackaprompt_sample": {"attack": {"strong": ["prompt_injection"], "weak": ["jailbreak"]}},
    "bipia_docs": {"injected": {"strong": ["prompt_injection"], "weak": []}},
    "written_pairs": {"hate": {"strong": ["hate"], "weak": []}, "jailbreak": {"strong": ["jailbreak"], "weak": []}},
    "ldnoobw_words": {"word": {"strong": ["profanity"], "weak": []}},
    "oktest": {},
}
THINGS = "lamp chair river garden window ladder basket mirror carpet kettle bridge candle pillow saddle trumpet".split()
PLACES = "kitchen station harbour library market chapel orchard cellar attic meadow workshop theatre".split()


def row(
    name: str, kind: str, *, labels: dict[str, float] | None = None, unsafe: float | None = None, **texts: str
) -> Row:
    """Return one row of the source its id begins with."""
    empty = {"prompt": None, "response": None, "text": None}
    return {
        "id": name,
        "source": name.rsplit("-", 1)[0],
        "kind": kind,
        **empty,
        **texts,
        "labels": labels or {},
        "unsafe": unsafe,
    }


def sentence(i: int, word: str = "plain") -> str:
    """Return a sentence that no other `i` below 180 has."""
    return f"There is a {word} {THINGS[i % len(THINGS)]} in the {PLACES[i // len(THINGS) % len(PLACES)]} number {i}."


def sources(count: int = 60) -> list[Row]:
    """Return `count` rows of each source, polarities alternating."""
    rows: list[Row] = []
    for i in range(count):
        bad = i % 2
        said = sentence(i, "blue" if bad else "plain")
        where = f"Where is it? {sentence(i)}"
        rows += [
            row(f"dolly_sample-{i}", "pair", prompt=where, response=sentence(i, "old"), unsafe=0),
            row(f"stormfront_hate-{i}", "text", text=f"Heard: {said}", labels={"hate": bad}, unsafe=bad or None),
            row(f"surge_toxicity-{i}", "text", text=f"Seen: {said}", labels={"toxic": bad}, unsafe=bad),
            row(f"hackaprompt_sample-{i}", "prompt", prompt=f"Override! {sentence(i)}", labels={"attack": 1}, unsafe=1),
            row(
                f"bipia_docs-{i}", "document", text=f"Page {i}. {'Override! ' * bad}{sentence(i, 'long')}",
                labels={"injected": bad} | ({"position:start": 1} if bad else {}), unsafe=bad,
            ),
            row(
                f"written_pairs-{i}", "prompt", prompt=f"Say: {said}",
                labels={f"pair:{i // 2}": 1, "hate": bad, "jailbreak": 0}, unsafe=bad,
            ),
        ]  # fmt: skip
    return rows


def write_data(
    folder: Path, rows: Iterable[Row], annotations: Iterable[Row] = (), kept_aside: Iterable[str] = ()
) -> Data:
    """Write a data folder: sources, label map, README, annotations and fingerprints of the texts kept aside."""
    meanings = {
        source: {"folder": "train", "labels": {name: {"meaning": "", **to} for name, to in labels.items()}}
        for source, labels in LABEL_MAP.items()
    }
    write_rows(folder / "train", rows)
    (folder / "train" / "label_map.json").write_text(json.dumps(meanings))
    (folder / "train" / "README.md").write_text(readme(LABEL_MAP))
    _lines(folder / "annotations.jsonl.gz", [json.dumps(each) for each in annotations])
    _lines(folder / "holdout_fingerprints.txt.gz", [found for text in kept_aside if (found := fingerprint(text))])
    return Data(folder)


def write_rows(folder: Path, rows: Iterable[Row]) -> Path:
    """Write one file for each source."""
    folder.mkdir(parents=True)
    by_source: dict[str, list[str]] = {}
    for each in rows:
        by_source.setdefault(each["source"], []).append(json.dumps(each))
    for source, lines in by_source.items():
        _lines(folder / f"{source}.jsonl.gz", lines)
    return folder


def readme(names: Iterable[str]) -> str:
    """Return the README's part that lists licences."""
    lines = "\n".join(f"| {name} | rows of {name} | test/{name} @ 0 | x | CC-BY-SA-4.0 | 1 |" for name in names)
    head = "| source | what it is | repo @ commit | path | licence | rows |\n|---|---|---|---|---|---|"
    return f"# Data\n\n## Sources in `train/`\n\n{head}\n{lines}\n\n## Labels\n\n| source |\n|---|\n| x |\n"


def annotation(name: str, labels: Iterable[str] = (), unsafe: float = 0.0, *, doubted: bool = False) -> Row:
    """Return a row read again; `doubted` says that a model was unsure of it."""
    read = {"labels": list(labels), "unsafe": unsafe, "annotator": "test", "doubted": doubted}
    return {"id": name, "source": name.rsplit("-", 1)[0], **read}


def _lines(path: Path, lines: Iterable[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
