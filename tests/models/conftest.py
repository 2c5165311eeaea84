"""A scorer on the tiny bundle."""

from pathlib import Path

import pytest

from models.backend import Device
from models.bundle import Bundle
from models.scorer import Scorer


@pytest.fixture(scope="session")
def scorer(tiny_bundle: Path) -> Scorer:
    return Scorer(Bundle.open(tiny_bundle), Device.CPU, threads=1)
