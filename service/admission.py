"""Who is let into the queue: by tokens, a request whole or not at all, and no tenant at the cost of the next.

A tenant may have as many tokens waiting as the queue has free beside them. That is the dynamic threshold of
Choudhury and Hahne ("Dynamic queue length thresholds for shared-memory packet switches", IEEE/ACM Transactions on
Networking 6(2), 1998) with alpha = 1. One tenant that floods fills half of the queue; n of them come to 1/(n + 1)
each as the queue drains, and as much stays free. A tenant with nothing waiting is refused only what does not fit, so
that a large request finds its moment.

Without tenants there is nobody to keep room for: the unnamed one may fill the queue, until a named one asks.
"""

import math

from service.errors import Overloaded, TooLarge


class Admission:
    """Counts the tokens that wait; for the event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.waiting = 0
        # Only those that have something waiting: a name is forgotten with its last token.
        self._by_tenant: dict[str, int] = {}
        self._named = False

    def admit(self, tenant: str, tokens: int, rate: float) -> None:
        """Count the tokens of a request in. `rate` is in tokens a second, for Retry-After.

        Raises Overloaded; TooLarge for what never fits.
        """
        if tokens > self._limit:
            raise TooLarge(f"the windows of the texts have {tokens} tokens, the limit is {self._limit}")
        self._named = self._named or bool(tenant)
        own = self._by_tenant.get(tenant, 0)
        excess = self.waiting + tokens - self._limit
        if excess > 0:
            message = f"{self.waiting} tokens are waiting, the limit is {self._limit}"
            raise Overloaded(message, max(_seconds(excess, rate), self._until_in_share(own, tokens, rate)))
        if wait := self._until_in_share(own, tokens, rate):
            share = (self._limit - self.waiting + own) // 2
            raise Overloaded(f"{own} of your tokens are waiting, your share of the queue is {share}", wait)
        self._add(tenant, tokens)

    def release(self, tenant: str, tokens: int) -> None:
        """Count tokens out that were scored or dropped."""
        self._add(tenant, -tokens)

    def _until_in_share(self, own: int, tokens: int, rate: float) -> int:
        """Return the seconds until a tenant may have so many more waiting, 0 if it may now.

        Where n tenants wait, each token of one's own that is scored comes with n - 1 of others: both make room.
        """
        excess = 2 * (own + tokens) - (self._limit - self.waiting + own)
        if excess <= 0 or own == 0 or not self._named:
            return 0
        tenants = len(self._by_tenant)
        return _seconds(min(self.waiting, excess * tenants / (tenants + 1)), rate)

    def _add(self, tenant: str, tokens: int) -> None:
        self.waiting += tokens
        self._by_tenant[tenant] = self._by_tenant.get(tenant, 0) + tokens
        if not self._by_tenant[tenant]:
            del self._by_tenant[tenant]


def _seconds(tokens: float, rate: float) -> int:
    return max(1, math.ceil(tokens / rate))
