"""What the processor could do at most, and where the session's time goes: `python -m tests.bench.limit`.

The ceiling is the rate at which one core multiplies int8 matrices of the model's largest size, in the same runtime,
divided by the products that a token needs. What the session does below it goes to all that is no product of matrices:
the second table, by operator.
"""

import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from rich.console import Console
from rich.table import Table

from models.bundle import SHIPPED, Bundle

# Windows and tokens of a batch: what a core gets at most as shipped (TIDEGATE_BATCH_TOKENS), in three lengths.
SHAPES = ((10, 24), (2, 128), (1, 256))
ROUNDS = 40
_PRODUCTS = {"MatMulInteger", "QAttention"}


def main() -> None:
    """Measure and print both tables."""
    path = Bundle.open(SHIPPED).model
    model = onnx.load(path)
    table = Table("batch", "tokens a second", "at most", "share")
    parts: dict[str, Counter[str]] = {}
    for windows, length in SHAPES:
        name = f"{windows} x {length}"
        needed = products(model, length)
        ceiling = _products_a_second(model, windows * length) / needed
        rate, parts[name] = _session(path, windows, length)
        table.add_row(name, f"{rate:,.0f}", f"{ceiling:,.0f}", f"{rate / ceiling:.0%}")
    console = Console()
    console.print("One core, int8. A token needs", f"{products(model, 128) / 1e6:.1f} million products.")
    console.print(table)
    console.print(_by_operator(parts))


def products(model: onnx.ModelProto, length: int) -> float:
    """Return the products of numbers that one token of a text of `length` tokens needs.

    A matrix of weights costs one for each of its elements; attention, in each layer, two for each token of the text
    and each element of its width. The two matrices behind the first token alone are left out: they are once a text.
    """
    shapes = {each.name: tuple(each.dims) for each in model.graph.initializer}
    needed = 0.0
    for node in model.graph.node:
        if node.op_type in _PRODUCTS and "encoder" in node.output[0]:
            rows, columns = shapes[node.input[1]]
            needed += rows * columns + (2 * length * rows if node.op_type == "QAttention" else 0)
    return needed


def _products_a_second(model: onnx.ModelProto, rows: int) -> float:
    """Return the int8 products a second of one core, in a product of `rows` tokens with the largest matrix."""
    weights = max(
        (
            numpy_helper.to_array(each)
            for each in model.graph.initializer
            if "MatMul" in each.name and len(each.dims) == 2
        ),
        key=lambda array: array.size,
    )
    given, found = (("given", TensorProto.UINT8, weights.shape[0]), ("found", TensorProto.INT32, weights.shape[1]))
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["given", "weights"], ["found"])],
        "one",
        [helper.make_tensor_value_info(given[0], given[1], [rows, given[2]])],
        [helper.make_tensor_value_info(found[0], found[1], [rows, found[2]])],
        [numpy_helper.from_array(weights, "weights")],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), _options(), providers=["CPUExecutionProvider"])
    feed = {"given": np.random.default_rng(1).integers(0, 255, (rows, weights.shape[0]), dtype=np.uint8)}
    return rows * weights.size / _fastest(session, feed)


def _session(path: Path, windows: int, length: int) -> tuple[float, Counter[str]]:
    """Return tokens a second of the bundle's session, and the microseconds of each operator in one run."""
    shape = (windows, length)
    feed = {
        "input_ids": np.random.default_rng(2).integers(1000, 20_000, shape),
        "attention_mask": np.ones(shape, np.int64),
        "token_type_ids": np.zeros(shape, np.int64),
    }
    session = onnxruntime.InferenceSession(str(path), _options(), providers=["CPUExecutionProvider"])
    rate = windows * length / _fastest(session, feed)
    with tempfile.TemporaryDirectory() as folder:
        options = _options()
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        profiled = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        for _ in range(ROUNDS):
            profiled.run(None, feed)
        events = json.loads(Path(profiled.end_profiling()).read_bytes())
    spent: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("kernel_time"):
            spent[event["args"]["op_name"]] += event["dur"] / ROUNDS
    return rate, spent


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return options


def _fastest(session: onnxruntime.InferenceSession, feed: dict[str, np.ndarray]) -> float:
    """Return the seconds of the fastest run: what the processor can do when nobody disturbs it."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        session.run(None, feed)
        taken.append(time.perf_counter() - began)
    return min(taken)


def _by_operator(parts: dict[str, Counter[str]]) -> Table:
    table = Table("operator", *parts)
    whole = {name: spent.total() for name, spent in parts.items()}
    for kind, _ in sum(parts.values(), Counter()).most_common(8):
        table.add_row(kind, *(f"{parts[name][kind] / whole[name]:.0%}" for name in parts))
    return table


if __name__ == "__main__":
    main()
