"""The policies a request may name, as immutable snapshots."""

from pathlib import Path

from service.errors import BadRequest
from service.settings import SettingsError
from taxonomy.categories import NEEDS_CAUTION
from taxonomy.document import DocumentError
from taxonomy.files import load_policy, shipped_policies
from taxonomy.policy import Policy, UnknownCategory


class Policies:
    """The shipped policies, and the default one, which may be a file of the operator's."""

    def __init__(self, default: str) -> None:
        """Raise SettingsError when the default is neither a shipped name nor a usable file."""
        self.by_name: dict[str, Policy] = shipped_policies()
        if default in self.by_name:
            self.default = self.by_name[default]
            return
        if not _is_file(default):
            names = ", ".join(self.by_name)
            raise SettingsError(f"TIDEGATE_POLICY must be one of {names}, or the path of a policy file")
        try:
            self.default = load_policy(Path(default))
        except DocumentError as error:
            raise SettingsError(f"TIDEGATE_POLICY cannot be used:\n{error}") from None
        self.by_name[self.default.name] = self.default

    def resolve(self, name: str | None, thresholds: dict[str, float]) -> Policy:
        """Return the snapshot for one request. Raises BadRequest, which repeats neither the name nor the slugs."""
        policy = self.default if name is None else self.by_name.get(name)
        if policy is None:
            raise BadRequest(f"unknown policy; known are {', '.join(self.by_name)}", "policy")
        if not thresholds:
            return policy
        if NEEDS_CAUTION in thresholds:
            raise BadRequest("needs_caution has no threshold of its own: it comes from the review bands", "thresholds")
        try:
            return policy.with_thresholds(thresholds)
        except UnknownCategory:
            raise BadRequest("unknown category; GET /v1/taxonomy lists the slugs", "thresholds") from None


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:  # a folder we may not read, a name too long
        return False
