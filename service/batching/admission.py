"""Who is let into the queue: a request whole or not at all, and no tenant at the cost of the next.

Three bounds. Memory: all together may have so many tokens waiting. Share: a tenant may have as many as the queue has
free beside them, which is the dynamic threshold of Choudhury and Hahne ("Dynamic queue length thresholds for
shared-memory packet switches", IEEE/ACM Transactions on Networking 6(2), 1998) with alpha = 1. One tenant that floods
fills half of the queue; n of them come to 1/(n + 1) each as the queue drains, and as much stays free. A tenant with
nothing waiting is refused only what does not fit, so that a large request finds its moment. Without tenants there is
nobody to keep room for: the unnamed one may fill the queue, until a named one asks.

Time: a text is refused that would wait too long (patience.py) for its first batch. Texts lead batches in turn, a long
one with a batch at a time, and tenants in turn too: so what stands before a text is what its own tenant has waiting,
and of every other tenant as much again at most. A service that is asked for twice what it can do then answers half of
it in time.
"""

from collections import Counter
from collections.abc import Sequence

from service.batching.pace import Pace
from service.batching.patience import Patience
from service.errors import Overloaded, TooLarge


class Admission:
    """Counts the tokens that wait; for the event loop."""

    def __init__(self, limit: int, batch_tokens: int, pace: Pace, patience: Patience) -> None:
        self._limit = limit
        self._batch_tokens = batch_tokens
        self._pace = pace
        self._patience = patience
        self.waiting = 0
        # Only those that have something waiting: a name is forgotten with its last token.
        self._by_tenant: Counter[str] = Counter()
        # Of each text a batch's worth at most: what it can keep another from.
        self._before: Counter[str] = Counter()
        self._before_all = 0  # the sum, for there may be thousands of tenants
        self._named = False

    def admit(self, tenant: str, texts: Sequence[int]) -> None:
        """Count the texts of a request in, given by their tokens. Raises Overloaded; TooLarge for what never fits."""
        tokens = sum(texts)
        if tokens > self._limit:
            raise TooLarge(f"the windows of the texts have {tokens} tokens, the limit is {self._limit}")
        self._named = self._named or bool(tenant)
        own = self._by_tenant[tenant]
        share = self._until_in_share(own, tokens)
        excess = self.waiting + tokens - self._limit
        if excess > 0:
            message = f"{self.waiting} tokens are waiting, the limit is {self._limit}"
            raise Overloaded(message, max(self._pace.retry_after(excess), share))
        if share:
            limit = (self._limit - self.waiting + own) // 2
            raise Overloaded(f"{own} of your tokens are waiting, your share of the queue is {limit}", share)
        if tokens:
            self.check_wait(tenant)
        _add(self._by_tenant, tenant, tokens)
        self.waiting += tokens
        self._stand(tenant, sum(min(each, self._batch_tokens) for each in texts))

    def check_wait(self, tenant: str) -> None:
        """Raise Overloaded where another text of the tenant would wait too long, whatever its length."""
        if not self._pace.known:
            return
        before = self._before_the_next(tenant)
        wait, limit = self._pace.seconds(before), self._patience.limit
        if wait > limit:
            late = self._pace.retry_after(before * (1 - limit / wait))
            raise Overloaded(f"a text would wait {wait:.2g} s, the limit is {limit:g} s", late)

    def release(self, tenant: str, tokens: int) -> None:
        """Count tokens out that were scored or dropped."""
        self.waiting -= tokens
        _add(self._by_tenant, tenant, -tokens)

    def end(self, tenant: str, tokens: int) -> None:
        """Count a text of so many tokens out of those that others wait behind: it was scored whole, or given up."""
        self._stand(tenant, -min(tokens, self._batch_tokens))

    def _stand(self, tenant: str, tokens: int) -> None:
        """Count what others wait behind, and have it noted how long the queue is now."""
        _add(self._before, tenant, tokens)
        self._before_all += tokens
        self._patience.see(self._pace.seconds(self._before_all))

    def _before_the_next(self, tenant: str) -> int:
        """Return the tokens that are scored before another text of the tenant has its first batch."""
        own = self._before[tenant]
        return own + sum(
            min(tokens, own + self._batch_tokens) for other, tokens in self._before.items() if other != tenant
        )

    def _until_in_share(self, own: int, tokens: int) -> int:
        """Return the seconds until a tenant may have so many more waiting, 0 if it may now.

        Where n tenants wait, each token of one's own that is scored comes with n - 1 of others: both make room.
        """
        excess = 2 * (own + tokens) - (self._limit - self.waiting + own)
        if excess <= 0 or own == 0 or not self._named:
            return 0
        tenants = len(self._by_tenant)
        return self._pace.retry_after(min(self.waiting, excess * tenants / (tenants + 1)))


def _add(counter: Counter[str], tenant: str, tokens: int) -> None:
    counter[tenant] += tokens
    if not counter[tenant]:
        del counter[tenant]
