"""A policy that a command's option names."""

import click

from service.configuration.settings import SettingsError
from service.policies.policies import Policies
from taxonomy.policy import Policy


def policy_named(name: str, folder: str, option: str = "--policy") -> Policy:
    """Return the policy of a name, or of a file; `folder` is TIDEGATE_POLICIES. Raises UsageError."""
    try:
        return Policies(name, folder).default
    except SettingsError as error:
        raise click.UsageError(f"{option} {str(error).removeprefix('TIDEGATE_POLICY ')}") from None
