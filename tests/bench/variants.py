"""What else the session could be opened with, beside what it is: `python -m tests.bench.variants`.

Tokens a second on one core, each variant in turn with the shipped one, several rounds; the ratio is the median of the
rounds' own, for these machines are noisy. Weights, texts and batches are the same in all.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import numpy_helper
from rich.console import Console
from rich.table import Table

from models.bundle import SHIPPED, Bundle
from tests.bench.limit import SHAPES

ROUNDS, SECONDS = 15, 0.1
# Words of the pruned vocabulary, of 30,522; the texts hold only those.
WORDS = 8000

Options = onnxruntime.SessionOptions
Feed = dict[str, NDArray[np.int64]]


def main() -> None:
    """Measure and print a row a variant."""
    model = Bundle.open(SHIPPED).model.read_bytes()
    shipped = opened(model)
    table = Table("variant", *(f"{windows} x {length}" for windows, length in SHAPES))
    for name, session in variants(model).items():
        table.add_row(name, *(f"{ratio(session, shipped, feed(*shape)):.2f}" for shape in SHAPES))
    Console().print("Tokens a second beside the session as it is, one core.", table)


def variants(model: bytes) -> dict[str, onnxruntime.InferenceSession]:
    """Return name -> session."""
    return {
        "the same again": opened(model),
        "no arena for its memory": opened(model, lambda options: setattr(options, "enable_cpu_mem_arena", False)),
        "no pattern of its memory": opened(model, lambda options: setattr(options, "enable_mem_pattern", False)),
        "weights not packed before": opened(model, _entry("session.disable_prepacking", "1")),
        "denormal numbers as zero": opened(model, _entry("session.set_denormal_as_zero", "1")),
        "only basic rewriting of the graph": opened(model, _basic),
        f"a vocabulary of {WORDS:,}": opened(pruned(model, WORDS)),
    }


def opened(model: bytes, change: Callable[[Options], None] = lambda _: None) -> onnxruntime.InferenceSession:
    """Return a session on one core, with the options `change` leaves."""
    options = Options()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    change(options)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def pruned(model: bytes, words: int) -> bytes:
    """Return the model with the embeddings of its first `words` words only."""
    found = onnx.load_from_string(model)
    (table,) = (each for each in found.graph.initializer if "word_embeddings" in each.name and len(each.dims) == 2)
    table.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(table)[:words], table.name))
    kept: bytes = found.SerializeToString()
    return kept


def feed(windows: int, length: int) -> Feed:
    """Return a batch of words that the pruned vocabulary holds."""
    shape = (windows, length)
    return {
        "input_ids": np.random.default_rng(1).integers(1000, WORDS, shape),
        "attention_mask": np.ones(shape, np.int64),
        "token_type_ids": np.zeros(shape, np.int64),
    }


def ratio(one: onnxruntime.InferenceSession, other: onnxruntime.InferenceSession, given: Feed) -> float:
    """Return how many times the runs a second of `other` are those of `one`."""
    return median(_rate(one, given) / _rate(other, given) for _ in range(ROUNDS))


def _rate(session: onnxruntime.InferenceSession, given: Feed) -> float:
    began, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < SECONDS:
        session.run(None, given)
        done += 1
    return done / spent


def _entry(name: str, value: str) -> Callable[[Options], None]:
    return lambda options: options.add_session_config_entry(name, value)


def _basic(options: Options) -> None:
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC


if __name__ == "__main__":
    main()
