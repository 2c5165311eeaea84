"""The card of a converted bundle: what it was made of and how far it strays, then its source's card as it is."""

from models.bundle import Manifest
from models.training.convert.record import Conversion
from models.training.export.parity_tables import parity_tables

_ROUNDED = """\
Measured on a CPU, which has no fp16 arithmetic: the floats between any two operators were rounded to fp16, as a GPU
does. No GPU was asked.
"""


def write_card(manifest: Manifest, conversion: Conversion, source: str) -> str:
    """Return the card as Markdown; `source` is the other bundle's."""
    made_of, parity = conversion.source, conversion.parity
    weights = "its int8 weights turned back into floats" if made_of.precision == "int8" else "its weights as they are"
    parts = [
        f"# {manifest.name}",
        f"The bundle {made_of.name} ({made_of.digest}) in {manifest.precision}: {weights}, its tokenizer and its "
        f"calibration. Made {manifest.created}, and this part of the card written, by `tidegate bundle convert`.",
        f"## {manifest.precision} against {made_of.precision}\n\nOn texts of all roles, under the policy "
        f"`{conversion.policy}`; nothing beyond a limit is written.",
        parity_tables(parity, conversion.limits),
        f"From the same weights in fp32 a logit differs by at most {parity.export:.2g}, the limit is "
        f"{conversion.limits.export:g}. " + (_ROUNDED if manifest.precision == "fp16" else ""),
        "What follows is the card of the source. Its figures were measured on the source.",
        "---",
        source,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"
