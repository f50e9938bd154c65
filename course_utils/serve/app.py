"""The service: its routes, their errors as one sentence each, and what keeps it standing."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import (Depends, FastAPI, File, HTTPException, Query, Request, Response,
                     UploadFile)  # fmt: skip
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from .. import __version__, images, ocr
from . import painting
from .pages import Limits, decode, encode

STATIC = Path(__file__).parent / "static"
MODEL = "06_denoiser"
DRAIN = 10  # times the limit: what is read of too long a body, so that its sender hears the answer
SEND_FILE = 'Send the page as multipart form data, in a file field named "file".'


class Problem(BaseModel):
    """Every error: one sentence that says what to do."""

    detail: str


class Health(BaseModel):
    status: str
    model: str
    loaded: bool


class Text(BaseModel):
    """What OCR reads in the cleaned page, and in the page as it came."""

    text: str
    text_before: str


PROBLEMS = {status: {"model": Problem, "description": text} for status, text in {
    400: "The form can't be read",
    413: "Too many bytes or pixels",
    415: "Not a PNG, JPEG or TIFF file",
    422: "Empty, damaged, missing or out of range",
    503: "Too many pages are waiting, or a part of the service is missing",
    504: "It took too long",
}.items()}  # fmt: skip
FORM = {"requestBody": {"content": {"multipart/form-data": {"encoding": {
    "file": {"contentType": "image/png, image/jpeg, image/tiff"}}}}}}  # fmt: skip
PICTURE = {200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}}


Seed = Annotated[int, Query(ge=0, lt=2**31, description="a whole number from 0")]


def load_cleaner() -> Callable[[np.ndarray], np.ndarray]:
    """The trained network of lesson 06 as a function of a page. Loads TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    from ..models import denoiser
    from ..training import documents

    model = tf.function(documents.load(), reduce_retracing=True)  # one graph for all sizes
    return lambda page: denoiser.clean(model, page)


def load_painter() -> Callable[[np.ndarray], np.ndarray]:
    """Lesson 03's pix2pix, from sketches to faces, as a function of a sketch. Loads TensorFlow.

    The sketch (H, W) in [0, 1] goes onto a white square; the face comes out as (256, 256, 3).
    """
    from ..models.pix2pix import translate
    from ..training import portraits

    side, model = portraits.SETTINGS["pix2pix"]["side"], portraits.load("pix2pix")[1]

    def paint(sketch):
        height, width = sketch.shape
        paper = np.ones((max(height, width),) * 2, np.float32)
        top, left = (len(paper) - height) // 2, (len(paper) - width) // 2
        paper[top : top + height, left : left + width] = sketch
        small = images.resize(paper, (side, side))
        face = translate(model, np.repeat(small[None, ..., None], 3, axis=-1))[0]
        return images.resize(face, (256, 256))

    return paint


def create_app(clean=None, read=None, limits: Limits = Limits(), paint=None, repaint=None) -> FastAPI:
    """The service as an ASGI application.

    `clean`: a function from a page (H, W) float32 in [0, 1] to the same, cleaned; None loads the
    network of lesson 06 when the server starts. `read`: a function from a page to its text; None
    is Tesseract, which may be missing: then /ocr answers 503 and everything else works.
    `paint`: from a sketch (H, W) to a face (H', W', 3); None loads the network of lesson 03 at the
    first sketch. `repaint`: a function from a picture (H, W, 3) to the same, repainted; None is the
    network of lesson 04.
    """
    service = Service(clean, read, limits, paint)
    app = FastAPI(title="Page cleaner", version=__version__, lifespan=service.lifespan,
                  docs_url=None, redoc_url=None)  # fmt: skip
    app.add_middleware(Guard, limits=limits)
    app.add_exception_handler(StarletteHTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _form_problem)
    app.add_exception_handler(Exception, _own_problem)
    app.mount("/static", StaticFiles(directory=STATIC))

    @app.get("/", include_in_schema=False)
    async def demo_page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/docs", include_in_schema=False)
    async def description() -> FileResponse:
        return FileResponse(STATIC / "docs.html")

    @app.get("/health")
    async def health() -> Health:
        """Whether the service is ready; answers while pages are being cleaned."""
        return Health(status="ok", model=MODEL, loaded=service.clean is not None)

    place = [Depends(service.place)]

    @app.post("/denoise", dependencies=place, openapi_extra=FORM, response_class=Response,
              responses=PICTURE | PROBLEMS)  # fmt: skip
    async def denoise(file: Annotated[UploadFile, File()]) -> Response:
        """Clean a page: PNG, JPEG or TIFF in, a grey PNG of the same size out."""
        return Response(await service.cleaned(file), media_type="image/png")

    @app.post("/ocr", dependencies=place, openapi_extra=FORM, responses=PROBLEMS)
    async def ocr(file: Annotated[UploadFile, File()]) -> Text:
        """Read a page with Tesseract, after cleaning it and before."""
        return await service.texts(file)

    @app.post("/face", dependencies=place, openapi_extra=FORM, response_class=Response,
              responses=PICTURE | PROBLEMS)  # fmt: skip
    async def face(file: Annotated[UploadFile, File()]) -> Response:
        """Paint a face from a sketch: PNG, JPEG or TIFF in, a PNG of 256 × 256 in colour out."""
        return Response(await service.painted(file), media_type="image/png")

    @app.get("/sketch.png", dependencies=place, response_class=Response,
             responses=PICTURE | {status: PROBLEMS[status] for status in (422, 503, 504)})
    async def sketch(seed: Seed = 0) -> Response:
        """A sketch of somebody who doesn't exist, drawn by the course; another for each seed."""
        return Response(await asyncio.to_thread(_sketch, seed), media_type="image/png")

    @app.get("/example.png", dependencies=place, response_class=Response,
             responses=PICTURE | {status: PROBLEMS[status] for status in (422, 503, 504)})
    async def example(seed: Seed = 0) -> Response:
        """A damaged page to try the service on, drawn by the course; another for each seed."""
        return Response(await asyncio.to_thread(_example, seed), media_type="image/png")

    app.include_router(painting.routes(service, repaint or painting.Painter(), place, FORM, PICTURE,
                                       PROBLEMS))  # fmt: skip
    return app


class Service:
    """The cleaning, reading and painting functions, their threads, and who waits for them."""

    def __init__(self, clean, read, limits: Limits, paint):
        self.clean, self.read, self.limits, self.inside = clean, read or _tesseract, limits, 0
        self.paint = paint
        self.cleaners = ThreadPoolExecutor(2)  # two: small pages need not wait for a large one
        self.readers = ThreadPoolExecutor(2)

    @asynccontextmanager
    async def lifespan(self, app: FastAPI):
        """Load once and warm up before the first page comes."""
        self.clean = self.clean or await asyncio.to_thread(load_cleaner)
        await asyncio.to_thread(self.clean, np.ones((420, 540), np.float32))
        yield

    async def place(self):
        """Hold a place while a request is worked on; 503 at once where none is free."""
        if self.inside >= self.limits.waiting:
            raise HTTPException(503, "Too many pages are waiting; try again in a few seconds.",
                                {"Retry-After": "3"})  # fmt: skip
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    async def cleaned(self, file: UploadFile) -> bytes:
        """The cleaned page as a PNG file."""
        def work():
            return encode(self.clean(decode(file.file.read(), self.limits)))

        return await self.in_turn(work)

    async def painted(self, file: UploadFile) -> bytes:
        """The painted face as a PNG file."""
        def work():
            sketch = decode(file.file.read(), self.limits)
            self.paint = self.paint or load_painter()
            return encode(self.paint(sketch))

        return await self.in_turn(work)

    async def in_turn(self, work: Callable[[], bytes]) -> bytes:
        """Do slow work in the threads that all tabs share."""
        return await _in(self.cleaners, work)

    async def texts(self, file: UploadFile) -> Text:
        """What is read after cleaning and before, both at once."""
        def work():
            page = decode(file.file.read(), self.limits.of_reading())
            return self.clean(page), page

        pages = await _in(self.cleaners, work)
        reads = (_in(self.readers, self.read, page) for page in pages)
        after, before = await asyncio.gather(*reads)
        return Text(text=after, text_before=before)


class Guard:
    """ASGI middleware that bounds the bytes and the seconds of a request."""

    def __init__(self, app, limits: Limits):
        self.app, self.limits = app, limits

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        taken, answering = 0, False

        async def take():
            nonlocal taken
            while True:
                message = await receive()
                taken += len(message.get("body", b""))
                if taken <= self.limits.bytes:
                    return message
                if not message.get("more_body") or taken > DRAIN * self.limits.bytes:
                    raise HTTPException(
                        413, f"The file is larger than {self.limits.bytes / 1e6:g} MB; shrink the "
                        "page and send it again.")  # fmt: skip

        async def answer(message):
            nonlocal answering
            answering = True
            await send(message)

        try:
            async with asyncio.timeout(self.limits.seconds):
                await self.app(scope, take, answer)
        except TimeoutError:
            late = (f"This took longer than {self.limits.seconds:g} seconds; send a smaller page, "
                    "or try again later.")  # fmt: skip
            if not answering:
                await _problem(504, late)(scope, receive, send)


def _in(threads: ThreadPoolExecutor, function, *arguments) -> asyncio.Future:
    """Run slow work in a thread, so that the event loop stays free to answer."""
    return asyncio.wrap_future(threads.submit(function, *arguments))


def _tesseract(page: np.ndarray) -> str:
    try:
        return ocr.read(page)
    except RuntimeError as error:
        failed = "Tesseract could not read this page; send a smaller one, or try again later."
        raise HTTPException(503, failed if ocr.available() else str(error)) from error


def _example(seed: int) -> bytes:
    from ..worlds import documents

    return encode(documents.document(seed).noisy)


def _sketch(seed: int) -> bytes:
    from ..data.people import SEEN
    from ..worlds import faces

    return encode(faces.face(seed, 256, **SEEN).sketch)


def _problem(status: int, sentence: str, headers=None) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status, headers)


async def _http_problem(request: Request, error: StarletteHTTPException) -> JSONResponse:
    path = request.url.path
    sentence = {
        400: SEND_FILE,
        404: f"There is nothing at {path}; /docs lists what there is.",
        405: f"{path} does not take {request.method}; /docs says what it takes.",
    }.get(error.status_code, error.detail)
    return _problem(error.status_code, sentence, error.headers)


async def _form_problem(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    where, name = first["loc"][0], first["loc"][-1]
    return _problem(422, SEND_FILE if where == "body" else f"{name}: {first['msg']}.")


async def _own_problem(request: Request, error: Exception) -> JSONResponse:
    return _problem(500, "The service made a mistake, and its window says which; try another page.")
