"""The policies in force, kept current: the files are looked at every second, the journal's standing at every request.

A change is read whole and put in place at once; one that cannot be used leaves everything as it was.
"""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from service.configuration.settings import SettingsError
from service.journal.standing import Standing
from service.metrics import Metrics
from service.policies.files import Contents, Files, Written, places
from service.policies.ruling import Ruling
from service.policies.shadow import Disagreements
from service.policies.snapshot import Snapshot, snapshot_of
from taxonomy.document import DocumentError, Problem
from taxonomy.files import shipped_policies
from taxonomy.policy import Policy

# Between two looks at the files.
LOOK_SECONDS = 1.0
# How long files must stay as they are: half a policy may be one too, and a milder one, while the rest is being written.
SETTLE_SECONDS = 0.1
# Comparisons whose counts are kept, so that a candidate that is set again goes on from where it was. Those of
# candidates that are set are kept however many there are.
_MOST_COMPARED = 100
_log = logging.getLogger("tidegate")


class Stands(Protocol):
    """What the journal comes to at the moment: another object whenever that changes."""

    @property
    def standing(self) -> Standing:
        """The standing."""
        ...


class _Nothing:
    """No journal."""

    standing = Standing()


class Policies:
    """What policies there are and which one a request gets. For one event loop."""

    def __init__(
        self,
        default: str = "default",
        folder: str = "",
        metrics: Metrics | None = None,
        journal: Stands | None = None,
    ) -> None:
        """Read the files. Raises SettingsError when `default` is no policy, or a file or the folder cannot be used."""
        self._metrics = metrics or Metrics()
        self._files = Files(_file(default), Path(folder) if folder else None)
        self._contents = self._files.contents()
        written = self._first()
        self._default = self._files.default(written) or default
        if self._default not in written.policies:
            names = ", ".join(written.policies)
            raise SettingsError(f"TIDEGATE_POLICY must be one of {names}, or the path of a policy file")
        self.written = written
        self.refused: list[str] = []
        self._compared: dict[tuple[str, str], Disagreements] = {}
        self._journal = journal or _Nothing()
        self._standing = self._journal.standing
        self._snapshot = self.under(self._standing)

    @property
    def snapshot(self) -> Snapshot:
        """Everything that is in force now."""
        if self._journal.standing is not self._standing:
            self._standing = self._journal.standing
            self._snapshot = self.under(self._standing)
        return self._snapshot

    def under(self, standing: Standing) -> Snapshot:
        """Return what would be in force under some standing."""
        default = self._files.default(self.written) or self._default
        snapshot = snapshot_of(self.written, default, standing, self._counts)
        self._forget(snapshot)
        return snapshot

    @property
    def default(self) -> Policy:
        """The policy of requests that name none, from tenants that have none."""
        return self.snapshot.default.policy

    def resolve(self, name: str | None, thresholds: Mapping[str, float], tenant: str = "") -> Ruling:
        """Return what one request is judged by: as Snapshot.resolve, on what is in force now."""
        return self.snapshot.resolve(name, thresholds, tenant)

    async def follow(self) -> None:
        """Look at the files every second, for ever. `refused` says where those that cannot be used are wrong."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception as error:  # a bug of ours must not end the looking, in silence at that
                _log.error("the policy files cannot be looked at: %s", type(error).__name__)

    async def look(self) -> None:
        """Take over what the files say now, if they have changed, are no longer changing, and can be used."""
        contents = await asyncio.to_thread(self._files.contents)
        if contents == self._contents:
            return
        await asyncio.sleep(SETTLE_SECONDS)
        if await asyncio.to_thread(self._files.contents) != contents:
            return
        self._contents = contents
        try:
            written = await asyncio.to_thread(self._read, contents)
        except DocumentError as error:
            self.refused = places(error)
            self._metrics.policy_reloads.labels("refused").inc()
            self._metrics.policy_files_refused.set(1)
            _log.error(
                "the policy files have changed and cannot be used; what was read before stays in force. Wrong: %s. "
                "`tidegate check` says what",
                ", ".join(self.refused),
            )
        else:
            self.refused = []
            self._metrics.policy_reloads.labels("read").inc()
            self._metrics.policy_files_refused.set(0)
            self.written = written
            self._snapshot = self.under(self._standing)
            _log.info("the policy files have changed and are in force")

    def _counts(self, live: Policy, candidate: Policy) -> Disagreements:
        key = (live.digest, candidate.digest)
        if key not in self._compared:
            self._compared[key] = Disagreements(live.name, self._metrics)
        return self._compared[key]

    def _forget(self, snapshot: Snapshot) -> None:
        """Let go of the oldest counts beyond the most that are kept, but of none that the snapshot goes on with."""
        used = {known.ruling.disagreements for known in snapshot.known.values()}
        idle = [key for key, counts in self._compared.items() if counts not in used]
        for key in idle[: max(len(self._compared) - _MOST_COMPARED, 0)]:
            del self._compared[key]

    def _read(self, contents: Contents) -> Written:
        written = self._files.read(contents)
        default = self._files.default(written) or self._default
        if default not in written.policies:
            raise DocumentError([Problem(str(self._files.folder), 1, "", "the default policy is not there any more")])
        return written

    def _first(self) -> Written:
        try:
            return self._files.read(self._contents)
        except DocumentError as error:
            own = str(self._files.file)
            name = "TIDEGATE_POLICY" if all(each.file == own for each in error.problems) else "TIDEGATE_POLICIES"
            raise SettingsError(f"{name} cannot be used:\n{error}") from None


def _file(default: str) -> Path | None:
    """Return the file that TIDEGATE_POLICY names, None where it is a name."""
    try:
        return Path(default) if default not in shipped_policies() and Path(default).is_file() else None
    except OSError:  # a folder we may not read, a name too long
        return None
