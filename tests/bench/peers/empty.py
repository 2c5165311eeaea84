"""HTTP alone, under the server settings of tidegate: `python -m tests.bench.peers.empty BYTES PORT`.

No request that is answered from the cache can be quicker than this.
"""

import sys

import uvicorn
from litestar import Litestar, MediaType, Response, get, post
from litestar.params import RawBody

from service.http.server import KEEP_ALIVE_SECONDS

_AROUND = b'{"pad":"%s"}'


def create_app(answer_bytes: int) -> Litestar:
    """Return an application whose answer has so many bytes."""
    answer = _AROUND % (b"x" * (answer_bytes - len(_AROUND % b"")))

    @post("/classify", status_code=200)
    async def classify(body: RawBody) -> Response[bytes]:
        return Response(answer, media_type=MediaType.JSON)

    @get("/health", sync_to_thread=False)
    def health() -> None:
        return None

    return Litestar(route_handlers=[classify, health], logging_config=None, openapi_config=None)


if __name__ == "__main__":
    uvicorn.run(
        create_app(int(sys.argv[1])),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
