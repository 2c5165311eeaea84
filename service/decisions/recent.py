"""The last decisions as columns of numbers: what the console shows, and what a candidate policy is tried on."""

import struct
import threading
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.decisions.names import Names
from service.decisions.noted import Noted
from service.judge import Judged
from taxonomy.categories import Role, Taxonomy
from taxonomy.decision import steps
from taxonomy.files import native
from taxonomy.policy import Action

# Tenants and policies that are told apart at a time; those beyond are counted together.
MOST_TENANTS = 500
MOST_POLICIES = 200
_CACHED, _DEGRADED, _SUPPORTED = 1, 2, 4
_ROLES = {role: i for i, role in enumerate(Role)}
# Of the request, then of the text: the second part is made once for a text that is asked often.
_HEAD = struct.Struct("<qfHHB")


class Rows(msgspec.Struct, frozen=True):
    """Decisions, oldest first, n of them; every array has n rows, which are copies.

    `time` is in milliseconds since 1970, `latency` from the request's arrival to its answer, in milliseconds. `scores`
    (n, 25) are in ten-thousandths, in the order of Decision.scores; those of a `degraded` decision mean nothing. `role`
    is an index into list(Role), `verdict` the gravity of the action, 0 to 3. Bit i of `acting` says that the category
    Taxonomy.slugs[i] did not allow. `tenant` and `policy` are indices into `tenants`, and into `policies`, names and
    versions; None stands for those that are not told apart. `own` says that the request had thresholds of its own.
    """

    time: NDArray[np.int64]
    latency: NDArray[np.float32]
    tenant: NDArray[np.uint16]
    policy: NDArray[np.uint16]
    own: NDArray[np.bool_]
    acting: NDArray[np.uint64]
    scores: NDArray[np.uint16]
    role: NDArray[np.uint8]
    verdict: NDArray[np.uint8]
    cached: NDArray[np.bool_]
    degraded: NDArray[np.bool_]
    supported: NDArray[np.bool_]
    tenants: tuple[str | None, ...]
    policies: tuple[tuple[str, int] | None, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.time)

    def where(self, chosen: NDArray[np.bool_]) -> "Rows":
        """Return the rows for which `chosen` (n,) holds."""
        arrays = {
            name: value[chosen]
            for name in self.__struct_fields__
            if name not in ("tenants", "policies")
            for value in (getattr(self, name),)
        }
        return msgspec.structs.replace(self, **arrays)


class Recent:
    """A ring of the last `size` decisions, 78 bytes each. `add` and `rows` may be called from any thread."""

    def __init__(self, size: int, taxonomy: Taxonomy | None = None, began: int = 0) -> None:
        """What was decided before `began`, in milliseconds since 1970, is not here."""
        taxonomy = taxonomy or native()
        width = len(taxonomy.trained) + 2
        self.size = size
        self.began = began
        self._tail = struct.Struct(f"<Q{width}HBBB")
        self._ring = np.zeros(size, dtype=_layout(width))
        self._row = _HEAD.size + self._tail.size
        assert self._ring.dtype.itemsize == self._row
        self._bits = {slug: 1 << i for i, slug in enumerate(taxonomy.slugs)}
        self._tenants: Names[str] = Names(MOST_TENANTS)
        self._policies: Names[tuple[str, int]] = Names(MOST_POLICIES)
        self._count = 0
        self._lock = threading.Lock()

    def add(self, noted: Sequence[Noted], epoch_ms: float) -> None:
        """Put decisions into the ring; `epoch_ms` is when the monotonic clock was 0."""
        with self._lock:
            self._make_room()
            rows = np.frombuffer(self._packed(noted, epoch_ms), dtype=self._ring.dtype)[-self.size :]
            begin = self._count % self.size
            first = rows[: self.size - begin]
            self._ring[begin : begin + len(first)] = first
            self._ring[: len(rows) - len(first)] = rows[len(first) :]
            self._count += len(rows)

    def rows(self) -> Rows:
        """Return what is in the ring. Copies it whole, a millisecond or two: not for the event loop."""
        with self._lock:
            end = self._count % self.size
            ring = self._ring[:end] if self._count < self.size else np.roll(self._ring, -end)
            return _columns(ring.copy(), self._tenants.table(), self._policies.table())

    def _packed(self, noted: Sequence[Noted], epoch_ms: float) -> bytes:
        parts: list[bytes] = []
        for each in noted:
            tenant, policy = self._tenants.number(each.tenant), self._policies.number((each.policy, each.version))
            time, latency = round(epoch_ms + 1000 * each.began), 1000 * (each.ended - each.began)
            head = _HEAD.pack(time, latency, tenant, policy, bool(each.thresholds))
            for judged in each.judged:
                kept = judged.written.get("recent")
                if kept is None:
                    kept = judged.written["recent"] = self._pack(judged)
                parts.append(head)
                parts.append(kept)
        return b"".join(parts)

    def _pack(self, judged: Judged) -> bytes:
        acting = sum(self._bits[e.slug] for e in judged.verdict.categories if e.action is not Action.ALLOW)
        scored = judged.scored
        flags = _CACHED * scored.cached | _DEGRADED * judged.degraded | _SUPPORTED * scored.supported
        verdict = judged.verdict.action.gravity
        return self._tail.pack(acting, *steps(scored.scores), _ROLES[judged.role], verdict, flags)

    def _make_room(self) -> None:
        # A name stays as long as a row has it: in a ring that goes round, names of long ago make room.
        filled = self._ring[: self._count]
        if self._tenants.full:
            self._tenants.keep(np.unique(filled["tenant"]).tolist())
        if self._policies.full:
            self._policies.keep(np.unique(filled["policy"]).tolist())


def _layout(width: int) -> np.dtype[np.void]:
    head = [("time", "<i8"), ("latency", "<f4"), ("tenant", "<u2"), ("policy", "<u2"), ("own", "u1")]
    tail = [("role", "u1"), ("verdict", "u1"), ("flags", "u1")]
    return np.dtype([*head, ("acting", "<u8"), ("scores", "<u2", (width,)), *tail])


def _columns(
    ring: NDArray[np.void], tenants: tuple[str | None, ...], policies: tuple[tuple[str, int] | None, ...]
) -> Rows:
    flags = ring["flags"]
    same = {name: np.ascontiguousarray(ring[name]) for name in ("time", "latency", "tenant", "policy")}
    rest = {name: np.ascontiguousarray(ring[name]) for name in ("acting", "scores", "role", "verdict")}
    return Rows(
        **same,
        **rest,
        own=ring["own"] != 0,
        cached=(flags & _CACHED) != 0,
        degraded=(flags & _DEGRADED) != 0,
        supported=(flags & _SUPPORTED) != 0,
        tenants=tenants,
        policies=policies,
    )
