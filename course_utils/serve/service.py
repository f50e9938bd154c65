"""What the routes share: what they take and answer, and the threads that do the work."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated

from fastapi import File, HTTPException, Query, Response, UploadFile
from pydantic import BaseModel

from .pages import Limits, decode, encode, measure


class Problem(BaseModel):
    """Every error: one sentence that says what to do."""

    detail: str


PROBLEMS = {
    status: {"model": Problem, "description": text}
    for status, text in {
        400: "The form can't be read",
        403: "Another site's page, or another name than this computer's",
        413: "Too many bytes or pixels",
        415: "Not a PNG, JPEG or TIFF file",
        422: "Empty, damaged, missing or out of range",
        503: "Too many or too large pages are waiting, or a part of the service is missing",
        504: "It took too long",
    }.items()
}
FORM = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "encoding": {"file": {"contentType": "image/png, image/jpeg, image/tiff"}}
            }
        }
    }
}
PICTURE = {200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}}
TAKES = {"openapi_extra": FORM, "responses": PROBLEMS}  # a route that takes a picture,
PAINTS = TAKES | {"response_class": Response, "responses": PICTURE | PROBLEMS}  # and gives one
DRAWS = {  # a route that draws one
    "response_class": Response,
    "responses": PICTURE | {status: PROBLEMS[status] for status in (403, 422, 503, 504)},
}

Upload = Annotated[UploadFile, File()]
Seed = Annotated[int, Query(ge=0, lt=2**31, description="a whole number from 0")]


class Lane:
    """Threads, and the pixels that wait for them."""

    def __init__(self, threads: int, most: int):
        self.pool, self.most, self.waiting = ThreadPoolExecutor(threads), most, 0

    @contextmanager
    def room(self, pixels: float):
        """Hold room for pixels; 503 at once where too many wait already."""
        if self.waiting and self.waiting + pixels > self.most:
            raise HTTPException(
                503,
                "Too many large pages are waiting; send a smaller page, or try "
                "again in half a minute.",
                {"Retry-After": "30"},
            )
        self.waiting += pixels
        try:
            yield
        finally:
            self.waiting -= pixels

    def run(self, function, *arguments) -> asyncio.Future:
        """Run slow work in a thread, so that the event loop stays free to answer."""
        return asyncio.wrap_future(self.pool.submit(function, *arguments))


class Service:
    """The networks and the lanes that lead to them.

    Small pages don't wait for large ones. Of these one is worked on at a time: that bounds memory.
    """

    def __init__(self, networks: dict, limits: Limits):
        self.networks, self.limits = networks, limits
        self.headers, self.small, self.large, self.readers = (
            Lane(threads, limits.queue) for threads in (2, 2, 1, 2)
        )

    async def picture(
        self, file: UploadFile, word: str, cost=1.0, colour=False, given: dict | None = None
    ) -> Response:
        """What a lesson's network makes of an uploaded picture, as a PNG file.

        cost: a pixel's, where cleaning has 1. given: what the network takes beside the picture.
        """

        def work(content):
            return encode(
                self.networks[word](decode(content, self.limits, colour), **(given or {}))
            )

        content, pixels, lane = await self.measured(file, self.limits)
        with lane.room(cost * pixels):
            return _png(await lane.run(work, content))

    async def drawn(self, draw, seed: int) -> Response:
        """A picture that is drawn, as a PNG file."""
        return _png(await self.small.run(draw, seed))

    async def measured(self, file: UploadFile, limits: Limits) -> tuple:
        """(an uploaded file, the pixels that it promises, the lane for its size)."""
        content = await file.read()
        pixels = await self.headers.run(measure, content, limits)
        small = max(pixels, len(content)) <= limits.small
        return content, pixels, self.small if small else self.large


def _png(content: bytes) -> Response:
    return Response(content, media_type="image/png")
