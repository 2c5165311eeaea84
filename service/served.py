"""What the routes answer with, as `app.state.served`.

The routes that judge take it from there: as a dependency it costs a tenth of a request whose text is known, and
several dependencies, which Litestar resolves in a group of tasks, a third.
"""

import msgspec

from service.identity import Identity
from service.judge import Judge
from service.settings import Settings


class Served(msgspec.Struct, frozen=True):
    """The judge, what it judges by, and the settings in force."""

    judge: Judge
    identity: Identity
    settings: Settings
