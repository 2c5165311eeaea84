"""The API's description, and a page to read it on that needs no internet."""

from pathlib import Path

import litestar_offline_docs
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.router import Router
from litestar.static_files import create_static_files_router

ASSETS = "/schema/assets"
_KEY = SecurityScheme(
    type="http",
    scheme="bearer",
    description="An API key, as `tidegate keys create` prints it. Without any, callers on the same machine need none.",
)


def api_page(version: str) -> OpenAPIConfig:
    """Return the description's configuration: /schema is the page, /schema/openapi.json the description."""
    return OpenAPIConfig(
        title="tidegate",
        version=version,
        path="/schema",
        use_handler_docstrings=True,
        components=Components(security_schemes={"key": _KEY}),
        security=[{"key": []}, {}],  # the second: none, where no key is asked for
        render_plugins=[
            SwaggerRenderPlugin(
                js_url=f"{ASSETS}/swagger-ui-bundle.js",
                css_url=f"{ASSETS}/swagger-ui.css",
                standalone_preset_js_url=f"{ASSETS}/swagger-ui-standalone-preset.js",
                favicon="<link rel='icon' href='data:,'>",
                path="/",
            )
        ],
    )


def api_assets() -> Router:
    """Serve Swagger UI's files from the installed package."""
    return create_static_files_router(
        path=ASSETS, directories=[Path(litestar_offline_docs.__file__).parent / "static"], include_in_schema=False
    )
