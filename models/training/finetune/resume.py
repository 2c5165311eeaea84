"""Going on with a stage that was broken off: hours are lost else, on two cores.

<output>/stage.json     what the stage is made of
<output>/checkpoint-N   what transformers.Trainer keeps every so many steps: weights, optimizer, place in the rows
"""

import shutil
from pathlib import Path

from transformers.trainer_utils import get_last_checkpoint

_STAGE = "stage.json"
# Written last by the trainer, so a folder that has it is whole.
LAST_WRITTEN = "trainer_state.json"


def resumable(output: Path, stage: bytes, last_written: str = LAST_WRITTEN) -> str | None:
    """Return the folder to go on from, or None; what another stage left in `output` is removed.

    `stage` is all that must be equal for the steps to be the same: settings and rows. A folder without the file
    `last_written` is not whole.
    """
    output.mkdir(parents=True, exist_ok=True)
    file = output / _STAGE
    if not file.exists() or file.read_bytes() != stage:
        forget(output)
        file.write_bytes(stage)
    for folder in output.glob("checkpoint-*"):
        if not (folder / last_written).exists():
            shutil.rmtree(folder)
    found: str | None = get_last_checkpoint(str(output))
    return found


def forget(output: Path) -> None:
    """Remove what `output` holds for going on with: the stage is done, or another one begins."""
    for folder in output.glob("checkpoint-*"):
        shutil.rmtree(folder)
    (output / _STAGE).unlink(missing_ok=True)
