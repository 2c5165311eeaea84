"""Stop working for a client that has gone."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from litestar import Request

from service.errors import ClientGone

T = TypeVar("T")


def unless_disconnected(request: Request[Any, Any, Any]) -> Callable[[Coroutine[Any, Any, T]], Awaitable[T]]:
    """Return what awaits a piece of work and cancels it when the client disconnects first; it raises ClientGone.

    The request's body must have been read: what comes next on its channel is the disconnect.
    """

    async def guarded(work: Coroutine[Any, Any, T]) -> T:
        # A timeout without an end of its own: a disconnect is the end. A task for the work would cost another switch.
        try:
            async with asyncio.timeout(None) as limit:
                watch = asyncio.create_task(_end_when_gone(request, limit))
                try:
                    return await work
                finally:
                    watch.cancel()
        except TimeoutError:
            if not limit.expired():
                raise
            raise ClientGone("the client closed the connection") from None

    return guarded


async def _end_when_gone(request: Request[Any, Any, Any], limit: asyncio.Timeout) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    limit.reschedule(asyncio.get_running_loop().time())
