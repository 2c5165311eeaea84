"""The same pipeline on the int8 graph: `.venv-peers/bin/python -m tests.bench.peers.optimum_ort PORT`."""

from optimum.onnxruntime import ORTModelForSequenceClassification
from transformers import AutoTokenizer, pipeline

from tests.bench.peers import INT8
from tests.bench.peers.fastapi_app import serve

if __name__ == "__main__":
    serve(
        pipeline(
            "text-classification",
            ORTModelForSequenceClassification.from_pretrained(INT8),
            tokenizer=AutoTokenizer.from_pretrained(INT8),
            top_k=None,
            function_to_apply="sigmoid",
            truncation=True,
        )
    )
