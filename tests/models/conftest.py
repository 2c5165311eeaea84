"""The tiny bundle, built once, and a scorer on it."""

import pytest

from models.backend import Device
from models.bundle import Bundle
from models.scorer import Scorer
from tests.bundles import build_tiny_bundle


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory):
    """The folder of a tiny bundle. Never changed: a test that breaks a bundle builds its own."""
    return build_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="session")
def scorer(tiny_bundle):
    return Scorer(Bundle.open(tiny_bundle), Device.CPU, threads=1)
