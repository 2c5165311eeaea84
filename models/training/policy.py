"""Whose verdicts are counted."""

from models.errors import ModelError
from taxonomy.files import shipped_policies
from taxonomy.policy import Policy


def policy_named(name: str) -> Policy:
    """Return a shipped policy. Raises ModelError."""
    policies = shipped_policies()
    if name not in policies:
        raise ModelError(f"unknown policy '{name}': shipped are {', '.join(policies)}")
    return policies[name]
