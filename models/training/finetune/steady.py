"""What may keep a small encoder from learning its rows by heart.

r_drop        two passes drop different units, and what they say is drawn together (Liang et al. 2021, "R-Drop")
adversarial   a second pass over words moved where the loss grows soonest (Miyato et al. 2017, "Adversarial Training
              Methods for Semi-Supervised Text Classification")
Average       the weights' exponential moving average in place of the last ones (after Polyak and Juditsky 1992)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from models.put import replacing

AVERAGE = "average.pt"
# A gradient of nothing moves nothing.
_LEAST = 1e-12


def apart(one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
    """Return how far two passes over the same rows disagree, as a mean over the rows; logits are (rows, outputs).

    Of each output, half the sum of both Kullback-Leibler divergences: of two Bernoulli distributions with logits a and
    b that is (p - q)(a - b) / 2. It needs no label, so outputs that nobody judged count as well.
    """
    each = (one.sigmoid() - two.sigmoid()) * (one - two) / 2.0
    return each.sum() / len(one)


@contextmanager
def adversarial(words: torch.nn.Embedding, size: float) -> Iterator[None]:
    """Move the vectors of all words together by `size` along the gradient of the last backward pass, and back."""
    before, gradient = words.weight.detach().clone(), words.weight.grad
    with torch.no_grad():
        words.weight.add_(size * gradient / gradient.norm().clamp_min(_LEAST))
    try:
        yield
    finally:
        with torch.no_grad():
            words.weight.copy_(before)


class Average(TrainerCallback):  # type: ignore[misc]  # transformers is untyped here
    """Keeps the exponential moving average of a model's weights, `decay` (0..1) of it from before; ends with it."""

    def __init__(self, model: Any, decay: float) -> None:
        self._average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))

    def on_train_begin(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """Go on with the average of a stage that was broken off."""
        if state.global_step:
            self._average.load_state_dict(torch.load(_file(args, state), weights_only=True))

    def on_step_end(self, *_: Any, model: Any, **__: Any) -> None:
        """Take in the weights of this step."""
        self._average.update_parameters(model)

    def on_save(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        """Keep the average beside what the trainer keeps."""
        with replacing(_file(args, state)) as out:
            torch.save(self._average.state_dict(), out)

    def on_train_end(self, *_: Any, model: Any, **__: Any) -> None:
        """Put the average in the model's place."""
        model.load_state_dict(self._average.module.state_dict())


def _file(args: Any, state: Any) -> Path:
    return Path(args.output_dir) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}" / AVERAGE
