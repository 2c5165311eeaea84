"""The same pipeline on the int8 graph: `.venv-peers/bin/python -m tests.bench.peers.optimum_ort PORT`."""

import os

from optimum.onnxruntime import ORTModelForSequenceClassification
from transformers import AutoTokenizer, pipeline

from tests.bench.peers import DEVICE, INT8
from tests.bench.peers.fastapi_app import serve

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}

if __name__ == "__main__":
    serve(
        pipeline(
            "text-classification",
            ORTModelForSequenceClassification.from_pretrained(INT8, provider=_PROVIDERS[os.environ.get(DEVICE, "cpu")]),
            tokenizer=AutoTokenizer.from_pretrained(INT8),
            top_k=None,
            function_to_apply="sigmoid",
            truncation=True,
        )
    )
