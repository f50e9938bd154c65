"""Lesson 06 as a part of the service: a page comes back clean, or as text."""

import asyncio

import numpy as np
from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel

from .. import ocr
from .networks import in_few_sizes
from .pages import decode, encode
from .service import DRAWS, PAINTS, TAKES, Seed, Service, Upload

SHAPE = (420, 540)  # of the picture that the network runs on once, at the start
READ = 4  # of a pixel's cleaning: what its reading costs; Tesseract gets pages twice as large


class Text(BaseModel):
    """What OCR reads in the cleaned page, and in the page as it came."""

    text: str
    text_before: str


def load():
    """The network of lesson 06, from a page (H, W) in [0, 1] to the same, cleaned."""
    import tensorflow as tf

    from ..models import documents

    model = tf.function(documents.load(), reduce_retracing=True)  # one graph for all sizes
    return in_few_sizes(lambda page: documents.clean(model, page))


def routes(service: Service, read=None) -> APIRouter:
    """/denoise, /ocr and /example.png. read: a function from a page to its text, or Tesseract."""
    router, read = APIRouter(), read or _tesseract

    @router.post("/denoise", **PAINTS)
    async def denoise(file: Upload) -> Response:
        """Clean a page: PNG, JPEG or TIFF in, a grey PNG of the same size out."""
        return await service.picture(file, "documents")

    @router.post("/ocr", **TAKES)
    async def texts(file: Upload) -> Text:
        """Read a page with Tesseract, after cleaning it and before."""
        limits = service.limits.of_reading()

        def work(content):
            page = decode(content, limits)
            return service.networks["documents"](page), page

        content, pixels, lane = await service.measured(file, limits)
        with lane.room(READ * pixels):
            reads = (service.readers.run(read, page) for page in await lane.run(work, content))
            after, before = await asyncio.gather(*reads)
        return Text(text=after, text_before=before)

    @router.get("/example.png", **DRAWS)
    async def example(seed: Seed = 0) -> Response:
        """A damaged page to try the service on, drawn by the course; another for each seed."""
        return await service.drawn(drawn, seed)

    return router


def _tesseract(page: np.ndarray) -> str:
    try:
        return ocr.read(page)
    except RuntimeError as error:
        failed = "Tesseract could not read this page; send a smaller one, or try again later."
        raise HTTPException(503, failed if ocr.available() else str(error)) from error


def drawn(seed: int) -> bytes:
    from drawn_worlds import documents

    return encode(documents.document(seed).noisy)
