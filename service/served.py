"""What the routes answer with, as `app.state.served`.

The routes that judge take it from there: for a text that is known, resolving dependencies is a good part of what a
request costs, the more so where there are several, which Litestar resolves in a group of tasks.
"""

import msgspec

from service.configuration.settings import Settings
from service.decisions.log import DecisionLog
from service.identity import Identity
from service.journal.follow import Follower
from service.judge import Judge
from service.windows import Windows
from taxonomy.evaluation import Evaluation


class Served(msgspec.Struct, frozen=True):
    """The judge, what it judges by, the settings in force, the windows for who asks, and where decisions are noted.

    `journal` is what operators changed since the start, and before; `evaluation` is what traffic is compared with.
    """

    judge: Judge
    identity: Identity
    settings: Settings
    windows: Windows
    decisions: DecisionLog
    journal: Follower
    evaluation: Evaluation | None
