"""Policies that decisions of a log may have been made under: of the package, of files, and every version ever saved."""

import asyncio

from service.configuration.settings import Settings, SettingsError
from service.errors import ServiceError
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.journal.standing import Standing
from service.journal.store import Journal
from service.metrics import Metrics
from service.policies.policies import Policies
from taxonomy.files import shipped_policies
from taxonomy.policy import Policy


def past_policies(settings: Settings) -> tuple[list[Policy], str]:
    """Return the policies that the settings lead to, and in words why some of them could not be read, if so."""
    found, wrong = list(shipped_policies().values()), ""
    try:
        found += Policies(settings.policy, settings.policies).written.policies.values()
        standing = asyncio.run(_standing(open_journal(settings)))
        found += (version.policy for named in standing.policies.values() for version in named.versions.values())
    except SettingsError as error:
        wrong = str(error)
    except ServiceError as error:
        wrong = error.detail
    return found, wrong


async def _standing(journal: Journal) -> Standing:
    try:
        return await Follower(journal, Metrics()).refresh()
    finally:
        await journal.close()
