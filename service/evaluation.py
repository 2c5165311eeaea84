"""The evaluation beside the service: read once, checked whole."""

import os
from pathlib import Path

import msgspec

from service.configuration.settings import SettingsError
from service.errors import BadRequest
from service.wire.decode import decode
from taxonomy.categories import NEEDS_CAUTION
from taxonomy.evaluation import BINS, POINTS, Curve, Evaluation
from taxonomy.files import native

_DECODER = msgspec.json.Decoder(Evaluation)


def load_evaluation(path: str) -> Evaluation | None:
    """Return the evaluation, None where no path is given. Raises SettingsError."""
    if not path:
        return None
    try:
        found = decode(Path(path).read_bytes(), _DECODER)
    except OSError as error:
        raise SettingsError(f"TIDEGATE_EVALUATION cannot be read ({os.strerror(error.errno or 0)})") from None
    except BadRequest as error:
        raise SettingsError(
            f"TIDEGATE_EVALUATION is no evaluation: {error.detail.replace('the body', 'the file')}"
        ) from None
    for slug, curve in found.curves.items():
        if slug not in native().slugs or slug == NEEDS_CAUTION:
            raise SettingsError("TIDEGATE_EVALUATION is no evaluation: curves has a category that is unknown here")
        if wrong := _wrong(curve):
            raise SettingsError(f"TIDEGATE_EVALUATION is no evaluation: curves.{slug}.{wrong}")
    return found


def _wrong(curve: Curve) -> str | None:
    for name, counts, length in (
        ("caught", curve.caught, POINTS),
        ("stopped", curve.stopped, POINTS),
        ("histogram", curve.histogram, BINS),
    ):
        if len(counts) != length:
            return f"{name} has {len(counts)} counts instead of {length}"
        if min(counts) < 0:
            return f"{name} has a count below 0"
    return None
