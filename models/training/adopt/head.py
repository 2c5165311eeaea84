"""From the source's logits to our outputs: once in numpy, to compare with, and once as nodes of the graph.

    multi_label    the greatest logit among the labels that feed an output: its sigmoid is their greatest probability
    single_label   the log-odds of the sum of their softmax: labels exclude one another, so "any of them" is a sum

A sigmoid of either is the source's own probability. `unsafe` is fed by every label of a hazard, `attack` by those of
an attack, beside the labels that mean them directly.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.adopt.label_map import Activation, LabelMap
from models.training.export.reduction import opset_of, reduction
from taxonomy.files import native

# The logit of an output that nothing feeds, and the bound of all others: a probability of 1e-13, in each precision.
BOUND = 30.0
# What a label that does not feed an output is lowered by: beyond all logits, and far from overflow.
_AWAY = -1e9


class Head(msgspec.Struct, frozen=True):
    """Which labels feed which output: `feeds` is boolean, shape (outputs, labels)."""

    feeds: NDArray[np.bool_]
    activation: Activation

    @classmethod
    def of(cls, found: LabelMap, labels: Sequence[str]) -> "Head":
        """Build the head of a label map that was checked against `labels`."""
        feeds = np.zeros((len(OUTPUTS), len(labels)), dtype=np.bool_)
        for label, slug in found.labels.items():
            for name in (slug, *_overall(slug)):
                feeds[OUTPUTS.index(name), labels.index(label)] = True
        return cls(feeds, found.activation)

    @property
    def scored(self) -> list[str]:
        """The outputs that some label feeds, in order."""
        return [name for name, fed in zip(OUTPUTS, self.feeds, strict=True) if fed.any()]

    @property
    def unscored(self) -> tuple[str, ...]:
        """The outputs that nothing feeds, in order."""
        return tuple(name for name in OUTPUTS if name not in self.scored)

    def outputs(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return our logits for the source's: (windows, labels) -> (windows, outputs)."""
        each = logits.astype(np.float64)[:, None, :]
        inside = np.where(self.feeds, each, _AWAY)
        if self.activation is Activation.MULTI_LABEL:
            found = inside.max(axis=2)
        else:
            found = np.logaddexp.reduce(inside, axis=2) - np.logaddexp.reduce(np.where(self.feeds, _AWAY, each), axis=2)
        return np.asarray(np.clip(found, -BOUND, BOUND), dtype=np.float32)

    def append_to(self, model: Path, path: Path) -> Path:
        """Write the ONNX `model` with these outputs in place of its logits, and return `path`."""
        proto = onnx.load(model)
        opset = opset_of(proto)
        graph, shape = proto.graph, proto.graph.output[0].type.tensor_type.shape
        away = np.where(self.feeds, 0, _AWAY).astype(np.float32)[None]
        constants = {"head.axis": np.array([1]), "head.last": np.array([2]), "head.outside": away}
        nodes = [
            helper.make_node("Unsqueeze", [graph.output[0].name, "head.axis"], ["head.each"]),
            helper.make_node("Add", ["head.each", "head.outside"], ["head.fed"]),
        ]
        if self.activation is Activation.MULTI_LABEL:
            nodes.append(_reduced("ReduceMax", "head.fed", "head.found", opset))
        else:
            constants["head.inside"] = np.where(self.feeds, _AWAY, 0).astype(np.float32)[None]
            nodes += [
                helper.make_node("Add", ["head.each", "head.inside"], ["head.rest"]),
                _reduced("ReduceLogSumExp", "head.fed", "head.any", opset),
                _reduced("ReduceLogSumExp", "head.rest", "head.none", opset),
                helper.make_node("Sub", ["head.any", "head.none"], ["head.found"]),
            ]
        constants |= {"head.least": np.array(-BOUND, np.float32), "head.most": np.array(BOUND, np.float32)}
        nodes.append(helper.make_node("Clip", ["head.found", "head.least", "head.most"], ["outputs"]))
        graph.node.extend(nodes)
        graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
        rows = shape.dim[0].dim_param or "batch_size"
        del graph.output[:]
        graph.output.append(helper.make_tensor_value_info("outputs", TensorProto.FLOAT, [rows, len(OUTPUTS)]))
        onnx.save(proto, path)
        return path


def _overall(slug: str) -> tuple[str, ...]:
    taxonomy = native()
    if slug in taxonomy.hazards:
        return (UNSAFE,)
    return (ATTACK,) if slug in taxonomy.attacks else ()


def _reduced(kind: str, given: str, found: str, opset: int) -> onnx.NodeProto:
    return reduction(kind, given, found, (2, "head.last"), opset, keep=False)
