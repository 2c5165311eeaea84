"""Fake cgroup trees: v2, v1, and machines without either."""

import os

import pytest

from models.threads import available_threads, cgroup_quota

V2 = "0::/pod/app\n"
V1 = "12:pids:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return a function: (own cgroup, files) -> (root, own); the machine has 8 processors."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)

    def build(own, files):
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if own is not None:
            (tmp_path / "own").write_text(own)
        return tmp_path / "cgroup", tmp_path / "own"

    return build


def v1(folder, quota, period="100000\n"):
    return {f"{folder}/cpu.cfs_quota_us": quota, f"{folder}/cpu.cfs_period_us": period}


CASES = {
    "v2, quota on itself": (V2, {"pod/app/cpu.max": "200000 100000\n"}, 2.0, 2),
    "v2, quota on the parent": (V2, {"pod/app/cpu.max": "max 100000\n", "pod/cpu.max": "300000 100000\n"}, 3.0, 3),
    "v2, the parent has less": (V2, {"pod/app/cpu.max": "400000 100000\n", "pod/cpu.max": "100000 100000\n"}, 1.0, 1),
    "v2, the parent has more": (V2, {"pod/app/cpu.max": "100000 100000\n", "pod/cpu.max": "400000 100000\n"}, 1.0, 1),
    "v2, seen from inside a namespace": ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5, 2),
    "v2, no limit": (V2, {"pod/app/cpu.max": "max 100000\n", "pod/cpu.max": "max 100000\n"}, None, 8),
    "v2, half a core": (V2, {"pod/app/cpu.max": "50000 100000\n"}, 0.5, 1),
    "v2, nothing at all": (V2, {"pod/app/cpu.max": "0 100000\n"}, 0.0, 1),
    "v2, another period": (V2, {"pod/app/cpu.max": "25000 10000\n"}, 2.5, 3),
    "v2, more than there are": (V2, {"pod/app/cpu.max": "6400000 100000\n"}, 64.0, 8),
    "v2, a neighbour's quota": (V2, {"pod/other/cpu.max": "100000 100000\n"}, None, 8),
    "v1, quota": (V1, v1("cpu,cpuacct/docker/abc", "300000\n"), 3.0, 3),
    "v1, half a core": (V1, v1("cpu,cpuacct/docker/abc", "50000\n"), 0.5, 1),
    "v1, no limit": (V1, v1("cpu,cpuacct/docker/abc", "-1\n"), None, 8),
    "v1, quota on the parent": (
        V1,
        v1("cpu,cpuacct/docker/abc", "-1\n") | v1("cpu,cpuacct/docker", "200000\n"),
        2.0,
        2,
    ),
    "v1, the container's folder mounted as the root": (V1, v1("cpu,cpuacct", "200000\n"), 2.0, 2),
    "v1, mounted under the short name": ("4:cpuacct,cpu:/a\n", v1("cpu/a", "200000\n"), 2.0, 2),
    "v1, another controller's folder": (V1, v1("pids/docker/abc", "100000\n"), None, 8),
    "no cgroup files": (V2, {}, None, 8),
    "no own file": (None, {}, None, 8),
    "no own file, but a quota at the root": (None, {"cpu.max": "200000 100000\n"}, 2.0, 2),
    "own file of another kind": ("nonsense\n", {"cpu.max": "200000 100000\n"}, 2.0, 2),
    "v1 without a period": (V1, {"cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "100000\n"}, None, 8),
    "v1, a period of nothing": (V1, v1("cpu,cpuacct/docker/abc", "100000\n", "0\n"), None, 8),
    "v2, nonsense": (V2, {"pod/app/cpu.max": "some 100000\n", "pod/cpu.max": "\n"}, None, 8),
    "both, the smaller counts": (V1 + V2, {"cpu.max": "300000 100000\n"} | v1("cpu", "200000\n"), 2.0, 2),
}


@pytest.mark.parametrize("name", CASES)
def test_quota_and_threads(machine, name):
    own, files, quota, threads = CASES[name]
    where = machine(own, files)
    assert cgroup_quota(*where) == quota
    assert available_threads(*where) == threads


def test_a_processor_set_smaller_than_the_quota_counts(machine, monkeypatch):
    where = machine(V2, {"pod/app/cpu.max": "400000 100000\n"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5}, raising=False)
    assert cgroup_quota(*where) == 4.0
    assert available_threads(*where) == 2


def test_a_system_without_processor_sets_counts_its_processors(machine, monkeypatch):
    where = machine(None, {})
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert available_threads(*where) == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_threads(*where) == 1


def test_this_machine_has_at_least_one_thread():
    assert 1 <= available_threads() <= (os.cpu_count() or 1)
