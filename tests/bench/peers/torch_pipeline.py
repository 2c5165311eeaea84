"""transformers' pipeline in torch, fp32: `.venv-peers/bin/python -m tests.bench.peers.torch_pipeline PORT`."""

from transformers import pipeline

from tests.bench.peers import TORCH
from tests.bench.peers.fastapi_app import serve

if __name__ == "__main__":
    serve(pipeline("text-classification", str(TORCH), top_k=None, function_to_apply="sigmoid", truncation=True))
