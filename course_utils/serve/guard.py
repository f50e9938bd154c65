"""What every request meets first: who may call, how many at once, how many bytes, how long."""

import asyncio
import re

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from .pages import Limits

DRAIN = 10  # times the limit: what is read of too long a body, so that its sender hears the answer
HERE = rb"(?:127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?"  # with the port, whichever it is
FOREIGN = (
    "The service answers only programs and its own page on this computer; call it by "
    "http://127.0.0.1 and the port that it names at its start."
)
BUSY = "Too many pages are waiting; try again in a few seconds."
STOPPING = "The service is being stopped; start it anew with `course serve`, then try again."


class Guard:
    """ASGI middleware around all routes, those that don't exist among them."""

    def __init__(self, app, limits: Limits):
        self.app, self.limits, self.inside = app, limits, 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if is_foreign(scope["headers"]):
            return await problem(403, FOREIGN)(scope, receive, send)
        if scope["path"] == "/health":  # answers whatever happens
            return await self.app(scope, receive, send)
        if self.inside >= self.limits.waiting:
            return await problem(503, BUSY, RETRY)(scope, receive, send)
        self.inside += 1
        try:
            await self.in_time(scope, receive, send)
        finally:
            self.inside -= 1

    async def in_time(self, scope, receive, send):
        """Answer in time, or say why not; also where the server, being stopped, ends the task."""
        answering = False

        async def answer(message):
            nonlocal answering
            answering = True
            await send(message)

        try:
            async with asyncio.timeout(self.limits.seconds):
                return await self.app(scope, self.bounded(receive), answer)
        except TimeoutError:
            late = problem(
                504,
                f"This took longer than {self.limits.seconds:g} seconds; send a "
                "smaller page, or try again later.",
            )
        except asyncio.CancelledError:
            late = problem(503, STOPPING, RETRY)
        if not answering:
            await late(scope, receive, send)

    def bounded(self, receive):
        """`receive` for a body that isn't too long and doesn't stall."""
        end, taken = asyncio.get_running_loop().time() + self.limits.upload, 0

        async def take():
            nonlocal taken
            while True:
                try:
                    async with asyncio.timeout_at(end):
                        message = await receive()
                except TimeoutError:
                    raise HTTPException(
                        504,
                        "The page did not arrive within "
                        f"{self.limits.upload:g} seconds; send it again.",
                    ) from None
                taken += len(message.get("body", b""))
                if taken <= self.limits.bytes:
                    return message
                if not message.get("more_body") or taken > DRAIN * self.limits.bytes:
                    raise HTTPException(
                        413,
                        f"The file is larger than {self.limits.bytes / 1e6:g} MB; shrink the "
                        "page and send it again.",
                    )

        return take


RETRY = {"Retry-After": "3"}


def is_foreign(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a request was made by another site's page, or under another name than this machine's.

    A name of its own that leads to 127.0.0.1 would let any page read the answers (DNS rebinding).
    headers: ASGI's, names in lower case. A page's own requests are same-origin; `none` is what
    somebody typed. Following a link from elsewhere to a page as a whole is allowed.
    """
    said = {
        name: [value for key, value in headers if key == name]
        for name in (b"host", b"origin", b"sec-fetch-site", b"sec-fetch-dest")
    }
    host = re.fullmatch(HERE, b",".join(said[b"host"]), re.IGNORECASE)
    if host is None:
        return True
    if said[b"origin"]:
        origin = re.fullmatch(b"http://" + HERE, b",".join(said[b"origin"]))
        return origin is None or origin[1] != host[1]
    by_page = not set(said[b"sec-fetch-site"]) <= {b"same-origin", b"none"}
    return by_page and said[b"sec-fetch-dest"] != [b"document"]


def problem(status: int, sentence: str, headers=None) -> JSONResponse:
    """An error as the service says it: {"detail": one sentence}."""
    return JSONResponse({"detail": sentence}, status, headers)
