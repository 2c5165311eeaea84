"""A pipeline of transformers behind `POST /classify`, written as the tutorials do; runs in .venv-peers."""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import Pipeline

from tests.bench.peers import KEEP_ALIVE_SECONDS


class Asked(BaseModel):
    """The texts to score."""

    inputs: list[str]


def serve(pipe: Pipeline) -> None:
    """Serve the pipeline on the port that the command line names, until told to stop."""
    # Else two threads could set the tokenizer's truncation at once, which it refuses.
    pipe("warm")
    app = FastAPI()

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/classify")
    def classify(asked: Asked) -> list[list[dict[str, str | float]]]:
        return pipe(asked.inputs, batch_size=len(asked.inputs))

    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
