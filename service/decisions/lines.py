"""From what was noted to the lines of the log."""

import hmac
from collections.abc import Iterator

import msgspec

from service.decisions.noted import Noted
from service.judge import Judged
from taxonomy.decision import Decision, short, steps

_ENCODER = msgspec.json.Encoder()
_NAMELESS = b'{"kind":"decision","id":"","time":0'
# Hex digits of an answer's id that say whether it is kept.
_DRAWN = 8


class Lines:
    """Makes the log's lines, a JSON object each, without the line's end. For the log's thread."""

    def __init__(self, secret: bytes, model: str, taxonomy: str, share: float = 1.0) -> None:
        """`model` and `taxonomy` are digests, `share` (0..1) is how many of the answers are kept."""
        self._secret = secret
        self._model = short(model)
        self._taxonomy = short(taxonomy)
        self._below = round(share * 16**_DRAWN)

    def of(self, noted: Noted, epoch_ms: float) -> Iterator[bytes]:
        """Yield a line for each text of a request that is kept; `epoch_ms` is when the monotonic clock was 0.

        Answers are drawn, not texts: a text asked a thousand times counts in what is kept as often as it does in the
        traffic, the texts of a conversation stay together, and each answer is drawn by itself, which the intervals of
        a replay rest on. An answer's id is random, so it says itself whether it is kept, on every replica alike.
        """
        if int(noted.answer[-_DRAWN:], 16) >= self._below:
            return
        time = round(epoch_ms + 1000 * noted.began)
        rest = b""
        if noted.tenant:
            rest += b',"tenant":' + _ENCODER.encode(noted.tenant)
        if noted.version:
            rest += b',"version":%d' % noted.version
        if noted.thresholds:
            rest += b',"thresholds":' + _ENCODER.encode(noted.thresholds)
        answer = noted.answer.encode()
        for i, each in enumerate(noted.judged):
            kept = each.written.get("decision")
            if kept is None:
                kept = each.written["decision"] = self._kept(each, noted.policy, noted.digest)
            yield b'{"kind":"decision","id":"%b-%d","time":%d%b%b}' % (answer, i, time, kept, rest)

    def _kept(self, judged: Judged, policy: str, digest: str) -> bytes:
        """Return what every decision on a text under a policy has in common, once for a text that is asked often."""
        scored = judged.scored
        read = scored.coverage
        decision = Decision(
            id="",
            time=0,
            role=judged.role,
            scores=steps(scored.scores),
            verdict=judged.verdict.action,
            policy=policy,
            policy_digest=short(digest),
            model=self._model,
            taxonomy=self._taxonomy,
            text=self._text(scored.text_hash),
            tokens=read.tokens,
            scored=read.scored,
            windows=read.windows,
            language=read.language,
            supported=scored.supported,
            cached=scored.cached,
            degraded=judged.degraded,
        )
        return _ENCODER.encode(decision).removeprefix(_NAMELESS)[:-1]

    def _text(self, text_hash: bytes) -> str:
        # Not the hash itself: with it, and the secret of the cache, a key could be told from the log and back.
        return hmac.digest(self._secret, b"decision\0" + text_hash, "sha256").hex()[:32]
