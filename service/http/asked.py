"""The request as routes take it: no user and no credentials of Litestar's, and the application's state."""

from typing import TypeAlias

from litestar import Request
from litestar.datastructures import State

Asked: TypeAlias = Request[None, None, State]
