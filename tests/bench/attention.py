"""What attention costs a training step: seconds of 32 rows, `.venv-train/bin/python -m tests.bench.attention`."""

import time
from itertools import product
from statistics import median

import torch
from rich.console import Console
from rich.table import Table

from models.training.finetune.base import base_folder
from models.training.finetune.classifier import pretrained

ROWS, LENGTHS = 32, (32, 64, 128, 224)
STEPS = 5


def main() -> None:
    """Time steps on random tokens, of each length with each kind of attention; print the medians."""
    table = Table("attention", "of it dropped", *(f"{length} tokens" for length in LENGTHS))
    for kind, dropped in product(("sdpa", "eager"), (0.1, 0.0)):
        seconds = [_seconds(length, kind, dropped) for length in LENGTHS]
        table.add_row(kind, f"{dropped:.0%}", *(f"{each:.2f}" for each in seconds))
    Console().print(table)


def _seconds(length: int, kind: str, dropped: float) -> float:
    """Return the median of a forward and a backward pass in bf16 and a step of AdamW, the first one left out."""
    torch.manual_seed(0)
    model = pretrained(base_folder(), attn_implementation=kind, attention_probs_dropout_prob=dropped).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    ids = torch.randint(1000, 20_000, (ROWS, length))
    mask = torch.ones_like(ids)
    mask[0, length // 2 :] = 0  # a batch has padding, as a rule
    wanted = torch.rand(ROWS, model.config.num_labels)
    took = []
    for _ in range(STEPS + 1):
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(input_ids=ids, attention_mask=mask).logits
        torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), wanted).backward()
        optimiser.step()
        optimiser.zero_grad()
        took.append(time.perf_counter() - began)
    return median(took[1:])


if __name__ == "__main__":
    main()
