"""From a checkpoint to an ONNX graph: exported by optimum, fused and made int8 by onnxruntime.

checkpoint -> exported.onnx (as PyTorch runs it) -> fused.onnx (fp32) -> int8 model.onnx, layer norms spelled out
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model
from optimum.exporters.onnx import main_export
from transformers import AutoConfig, AutoModelForSequenceClassification

from models.training.export.errors import ExportError, UnfusedError
from models.training.export.layer_norm import spell_out
from models.training.export.one_file import refuse_several_files


class Weights(StrEnum):
    """How the int8 weights are stored; activations are unsigned bytes, ranged anew for every batch.

    Measured on the first checkpoint, per channel, one thread with VNNI; the last column is the mean error of a
    logit against fp32 where there is no VNNI (valgrind):

                      speed to fp32   largest change on AVX2   error on AVX2
        SIGNED             2.3              0.031                 0.089
        SIGNED_7_BIT       2.3              0.004                 0.048
        UNSIGNED           1.4              0.003                 0.051
    """

    SIGNED = "signed"  # all 8 bits: on a processor with AVX2 but no VNNI, sums of pairs saturate in silence
    SIGNED_7_BIT = "signed_7_bit"  # 7 of the 8 bits: no sum can saturate, at a coarser step
    UNSIGNED = "unsigned"  # all 8 bits: the kernel for two unsigned operands does not saturate, and is slower


def to_onnx(checkpoint: Path, folder: Path) -> Path:
    """Export a sequence classifier in fp32 with free batch and length, and return the file. Raises ExportError."""
    with quiet():
        # Validation is left out: callers compare what is served, which is more.
        main_export(
            str(checkpoint),
            folder,
            task="text-classification",
            framework="pt",
            local_files_only=True,
            do_validation=False,
        )
    refuse_several_files(folder / "model.onnx", str(checkpoint))
    return folder / "model.onnx"


def to_fused(checkpoint: Path, folder: Path) -> Path:
    """Export a BERT sequence classifier, fuse it, and return the file.

    Raises ExportError when the checkpoint is no BERT or above 2 GB, UnfusedError when a layer was left as it was.
    """
    config = AutoConfig.from_pretrained(checkpoint, local_files_only=True)
    if config.model_type != "bert":
        raise ExportError(f"{checkpoint}: only BERT checkpoints are fused, this one is '{config.model_type}'")
    exported = to_onnx(checkpoint, folder)
    with quiet():
        fused = optimize_model(
            str(exported),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
        )
    done = fused.get_fused_operator_statistics()
    if done["Attention"] != config.num_hidden_layers or done["EmbedLayerNormalization"] != 1:
        raise UnfusedError(f"{checkpoint}: {done['Attention']} of {config.num_hidden_layers} layers were fused")
    path = folder / "fused.onnx"
    fused.save_model_to_file(str(path))
    return path


def to_int8(fused: Path, path: Path, weights: Weights, per_channel: bool) -> Path:
    """Quantise weights and embeddings to int8, activations as they come; return `path`."""
    with quiet():
        quantize_dynamic(
            fused,
            path,
            per_channel=per_channel,
            reduce_range=weights is Weights.SIGNED_7_BIT,
            weight_type=QuantType.QUInt8 if weights is Weights.UNSIGNED else QuantType.QInt8,
            # Shape inference does not know the fused operators, so the types between them have to be told.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    model = onnx.load(path)
    spell_out(model)
    onnx.save(model, path)
    return path


def torch_logits(checkpoint: Path, ids: list[tuple[int, ...]], segments: list[tuple[int, ...]]) -> list[list[float]]:
    """Return what PyTorch makes of single windows, shape (len(ids), outputs): the truth of an export."""
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, local_files_only=True).eval()
    out: list[list[float]] = []
    with torch.inference_mode():
        for row, segment in zip(ids, segments, strict=True):
            logits = model(input_ids=torch.tensor([row]), token_type_ids=torch.tensor([segment])).logits
            out.append(logits[0].tolist())
    return out


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the three libraries: their advice is about traced constants and deprecated names of their own."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
