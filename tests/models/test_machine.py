"""Tuning: the mix of windows, what is tried, and which of the figures wins."""

import threading
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from models import machine
from models.backend import Backend, Device
from models.bundle import SHIPPED, Bundle
from models.machine import AS_FAST, Combination, Sample, choose, combinations, measure, medians, processor, windows_of


@pytest.fixture(scope="module")
def bundle(tiny_bundle):
    return Bundle.open(tiny_bundle)


class Session:
    """A session that computes nothing and remembers what it was asked; every run takes 1 / threads of its clock."""

    opened: ClassVar[list] = []
    now = 0.0
    beside = 1

    def __init__(self, model, device, threads, pad_id):
        self.threads, self.batches = threads, []
        Session.opened.append(self)

    def run_beside(self, windows):
        self.batches.append(list(windows))
        Session.now += 1.0 / self.threads
        return np.zeros((len(windows), 25), dtype=np.float32)


@pytest.fixture
def sessions(monkeypatch):
    Session.opened, Session.now = [], 0.0
    monkeypatch.setattr(machine, "Backend", Session)
    monkeypatch.setattr(machine.time, "perf_counter", lambda: Session.now)
    return Session.opened


@pytest.mark.parametrize(
    ("most", "threads"),
    [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 4]), (6, [1, 2, 4, 6]), (16, [1, 2, 4, 8, 16])],
)
def test_powers_of_two_and_the_most_threads_are_tried_with_every_batch(most, threads):
    found = combinations(Device.CPU, most)
    budgets = [256, 512, 1024, 2048, 4096, 8192]
    assert found == [Combination(n, budget) for n in threads for budget in budgets]
    on_gpu = combinations(Device.CUDA, most)
    assert set(found) < set(on_gpu)
    assert max(each.batch_tokens for each in on_gpu) == 65_536


def test_windows_are_the_mix_of_the_shipped_bundles_own_tokens():
    bundle = Bundle.open(SHIPPED)
    windows = windows_of(bundle, 20_000)
    lengths = [len(window.ids) for window in windows]
    assert 20_000 <= sum(lengths) < 22_000
    turns = [n for n in lengths if 12 <= n <= 28]
    prompts = [n for n in lengths if 90 <= n <= 170]
    full = [n for n in lengths if n == bundle.manifest.encoding.max_tokens]
    assert len(turns) + len(prompts) + len(full) == len(windows)
    assert (len(turns), len(prompts)) == (6 * len(full), 3 * len(full))
    assert 18 <= np.mean(turns) <= 22
    assert 120 <= np.mean(prompts) <= 140
    # Side by side, not one kind after the other.
    assert sum(a != b for a, b in pairwise(n < 30 for n in lengths)) > len(windows) / 5
    assert len({window.ids for window in windows}) > 0.9 * len(windows)
    assert windows == windows_of(bundle, 20_000)
    Backend(bundle.model, Device.CPU, 1, bundle.manifest.encoding.pad_id).run(windows[:4])


def test_no_window_is_longer_than_the_bundles(bundle):
    assert max(len(window.ids) for window in windows_of(bundle, 2_000)) == bundle.manifest.encoding.max_tokens


def test_a_round_times_every_combination_on_the_same_windows(bundle, sessions):
    tried = combinations(Device.CPU, 2)
    samples = list(measure(bundle, Device.CPU, tried, seconds=0))
    assert [sample.combination for sample in samples] == tried
    assert {sample.round for sample in samples} == {1}
    assert [session.threads for session in sessions] == [1, 2]
    windows = windows_of(bundle, 3 * 8192 // 2)
    tokens = sum(len(window.ids) for window in windows)
    for session in sessions:
        left = list(session.batches)
        for each in (each for each in tried if each.threads == session.threads):
            warming, passed, done = left.pop(0), [], 0
            while done < len(windows):
                passed.append(left.pop(0))
                done += len(passed[-1])
            assert warming in passed
            assert sorted(w.ids for batch in passed for w in batch) == sorted(w.ids for w in windows)
            assert max(len(batch) * max(len(w.ids) for w in batch) for batch in passed) <= each.batch_tokens
            # By the clock a run takes 1 / threads; the warming one is not in it.
            rate = tokens / (len(passed) / each.threads)
            (found,) = [s.tokens_per_second for s in samples if s.combination == each]
            assert found == pytest.approx(rate)
        assert left == []


def test_as_many_batches_run_at_once_as_the_service_runs(bundle, monkeypatch):
    """The barrier lets nobody through alone: with fewer workers, or too few batches for them, this would not end."""

    class Several(Session):
        beside = 3
        barrier = threading.Barrier(3)

        def run_beside(self, windows):
            Several.barrier.wait(30)
            return super().run_beside(windows)

    monkeypatch.setattr(machine, "Backend", Several)
    Session.opened = []
    (sample,) = measure(bundle, Device.CPU, [Combination(3, 8192)], seconds=0)
    (session,) = Session.opened
    assert len(list(session.batches)) == 3 + 6  # each worker warms once; of two batches three times
    assert sample.tokens_per_second > 0


def test_rounds_go_on_while_another_one_fits(bundle, sessions):
    tried = [Combination(1, 8192), Combination(1, 4096)]
    once = list(measure(bundle, Device.CPU, tried, seconds=0))
    took = Session.now
    Session.now = 0.0
    samples = list(measure(bundle, Device.CPU, tried, seconds=3.5 * took))
    assert [sample.round for sample in samples] == [1, 1, 2, 2, 3, 3]
    assert [s.combination for s in samples[:2]] == [s.combination for s in once] == tried
    assert len(sessions) == 4  # each round opens its own


def test_the_median_is_over_rounds():
    slow, fast = Combination(1, 256), Combination(1, 512)
    rates = [(slow, 10.0), (fast, 30.0), (slow, 20.0), (fast, 1.0), (slow, 12.0), (fast, 40.0)]
    samples = [Sample(i // 2, each, rate) for i, (each, rate) in enumerate(rates)]
    assert medians(samples) == {slow: 12.0, fast: 30.0}


@pytest.mark.parametrize(
    ("rates", "best"),
    [
        ({(1, 256): 100.0, (1, 512): 120.0, (2, 256): 150.0, (2, 512): 200.0}, (2, 512)),
        ({(1, 256): 100.0, (1, 512): 101.0}, (1, 256)),
        ({(1, 256): 100.0, (1, 512): 103.0}, (1, 512)),
        ({(1, 4096): 99.0, (2, 256): 100.0}, (1, 4096)),
        ({(1, 4096): 97.0, (2, 256): 100.0}, (2, 256)),
        ({(1, 256): 100.0 * AS_FAST, (1, 512): 100.0}, (1, 256)),
        ({(2, 1024): 99.0, (2, 512): 98.5, (1, 8192): 90.0, (4, 256): 100.0}, (2, 512)),
    ],
)
def test_the_least_that_is_as_fast_as_the_fastest_is_chosen(rates, best):
    assert choose({Combination(*each): rate for each, rate in rates.items()}) == Combination(*best)


def test_the_processor_has_a_name(tmp_path, monkeypatch):
    assert processor()
    file = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "CPUINFO", file)
    monkeypatch.setattr(machine.platform, "machine", lambda: "aarch64")
    assert processor() == "aarch64"
    file.write_text("processor : 0\nmodel name : A: fast one\nmodel name : another\n")
    assert processor() == "A: fast one"
