"""transformers' pipeline in torch, fp32: `.venv-peers/bin/python -m tests.bench.peers.torch_pipeline PORT`."""

import os

from transformers import pipeline

from tests.bench.peers import DEVICE, TORCH
from tests.bench.peers.fastapi_app import serve

if __name__ == "__main__":
    serve(
        pipeline(
            "text-classification",
            str(TORCH),
            top_k=None,
            function_to_apply="sigmoid",
            truncation=True,
            device=os.environ.get(DEVICE, "cpu"),
        )
    )
