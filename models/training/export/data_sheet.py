"""DATA.md, beside the card in a bundle: what the model was trained on, from where, under which licence."""

from collections import Counter

from models.training.corpus.build import LEFT_OUT
from models.training.corpus.duplicates import ALIKE, RUN
from models.training.corpus.plant import PLANTED
from models.training.corpus.sources import Data, read_annotations
from models.training.export.licences import licences
from models.training.export.markdown import table
from models.training.export.record import TrainingRecord

_STEPS = f"""\
## How the rows were chosen

1. Every source is read through the data folder's `label_map.json`. A category nobody judged in a row is left out of
   the loss for that row; a label that only suggests a category weighs less; shares of raters stay shares.
2. Rows with a text that is kept aside for acceptance (`holdout_fingerprints.txt.gz`) are dropped, and rows that hold
   the same texts as another row.
3. Sources held out whole are set apart. Of the rest, 8 % of the groups are the dev split: a group is a family of
   contrasting texts, or a question with all its answers, and is never split.
4. Rows read again under one policy carry that reading instead of their source's label. Where nobody has read a row, its
   source's "harmful" counts as much as it held in the rows of that source that were read.
5. Sources are sampled, so that none dominates by its size; rows that were read are all taken.
6. A text that is nearly that of another source, of dev or of a source held out is dropped (MinHash over runs of {RUN}
   words, Jaccard similarity from {ALIKE}).
7. Short texts, harmless ones as often as harmful ones, are planted in long harmless ones.
"""


def write_data_sheet(name: str, data: Data, record: TrainingRecord) -> str:
    """Return DATA.md. Raises ExportError when a source has no licence."""
    sources = licences(data.folder / "train" / "README.md", record.all_sources)
    counts = record.counts
    read = Counter(each.source for each in read_annotations(data).values())
    trained = sum(counts.values()) - counts.get(PLANTED, 0)
    rows = [
        (s.source + ("*" if s.share_alike else ""), str(counts.get(s.source, 0)), str(read.get(s.source, 0)), s.licence,
         s.what, s.repository)
        for s in sources
    ]  # fmt: skip
    parts = [
        f"# What {name} was trained on",
        f"{trained:,} rows of {len(sources)} sources, and {counts.get(PLANTED, 0):,} texts made by planting one of "
        "them in another. Written by `tidegate export`. None of the texts is in the bundle. Sources marked * are "
        "share-alike or copyleft: that binds whoever passes on the texts.",
        "`read` counts the rows of a source that were judged again, on every category, under one policy; the texts "
        "written for this project, and how both were made, are described in `models/texts/DATASHEET.md`.",
        *_silver(record),
        table(("source", "rows", "read", "licence", "what it is", "from"), rows),
        _STEPS,
        "## What was not trained on",
        f"Held out whole, to measure: {', '.join(sorted(record.held_out))}.",
        f"Left out: {', '.join(sorted(LEFT_OUT))}.",
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _silver(record: TrainingRecord) -> list[str]:
    if not record.all_silver:
        return []
    return [
        f"Up to {record.all_silver:,} rows that nobody had read were trained on, in this stage or before, as the model "
        "of the stage before theirs, or the mean of several, labelled them, corrected until as many held as readers "
        "found among rows of which the source says the same. The counts below are those of the last stage."
    ]
