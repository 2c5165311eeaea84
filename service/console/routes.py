"""GET /console and /console/NAME. Open to everybody: what is behind the API's keys is asked for with a key."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.datastructures import State as AppState
from litestar.params import FromPath

from service.console.built import PAGE, TYPES, BuiltFile, read_built
from service.console.headers import HEADERS
from service.errors import NotFound

PATH = "/console"
_ABSENT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>tidegate console</title></head>
<body>
<h1>The console was not built</h1>
<p>This tidegate was installed from a checkout without it. In the checkout, <code>make console</code> builds it; then
start tidegate again. It needs the npm registry once. Everything else works, and whatever the console does the API
does too.</p>
</body>
</html>
"""


def console_routes(files: dict[str, BuiltFile] | None = None) -> Router:
    """Return the router that serves `files`, by default those that were built."""
    files = read_built() if files is None else files

    @get("/", sync_to_thread=False)
    def page(request: Request[Any, Any, AppState]) -> Response[bytes]:
        """Return the console's page, or one that says how to build it."""
        if PAGE not in files:
            return Response(_ABSENT.encode(), status_code=404, headers=HEADERS, media_type=TYPES[".html"])
        return _answer(files[PAGE], request)

    @get("/{name:str}", sync_to_thread=False)
    def file(request: Request[Any, Any, AppState], name: FromPath[str]) -> Response[bytes]:
        """Return one of the page's files. Raises NotFound."""
        if name not in files:
            raise NotFound("the console has no such file")
        return _answer(files[name], request)

    return Router(PATH, route_handlers=[page, file], include_in_schema=False)


def _answer(file: BuiltFile, request: Request[Any, Any, AppState]) -> Response[bytes]:
    headers = {**HEADERS, "Cache-Control": file.caching, "ETag": file.tag}
    if request.headers.get("if-none-match") == file.tag:
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    return Response(file.body, headers=headers, media_type=file.media_type)
