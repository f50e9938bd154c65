"""The service: its routes, their errors as one sentence each, and the threads that do the work."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import FastAPI, File, HTTPException, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from .. import __version__, ocr
from . import networks, painting
from .guard import Guard, problem
from .pages import Limits, decode, encode, measure

STATIC = Path(__file__).parent / "static"
MODEL = "06_denoiser"
READ = 4  # of a pixel's cleaning: what its reading costs; Tesseract gets pages twice as large
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
DRAWN = PICTURE | {status: PROBLEMS[status] for status in (403, 422, 503, 504)}

Seed = Annotated[int, Query(ge=0, lt=2**31, description="a whole number from 0")]


def create_app(clean=None, read=None, limits=Limits(), paint=None, repaint=None) -> FastAPI:
    """The service as an ASGI application.

    `clean`: a function from a page (H, W) float32 in [0, 1] to the same, cleaned. `paint`: from a
    sketch (H, W) to a face (H', W', 3). `repaint`: from a picture (H, W, 3) to one, repainted. Where
    one is None, the shipped networks are loaded when the server starts; that raises ValueError
    where they are missing or damaged. `read`: a function from a page to its text; None is
    Tesseract, which may be missing: then /ocr answers 503 and everything else works.
    """
    service = Service(clean, read, limits, paint, repaint)
    app = FastAPI(
        title="Page cleaner",
        version=__version__,
        lifespan=service.lifespan,
        docs_url=None,
        redoc_url=None,
    )
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

    @app.get("/health", responses={403: PROBLEMS[403]})
    async def health() -> Health:
        """Whether the service is ready; answers while pages are being cleaned."""
        return Health(status="ok", model=MODEL, loaded=service.clean is not None)

    @app.post("/denoise", openapi_extra=FORM, response_class=Response, responses=PICTURE | PROBLEMS)
    async def denoise(file: Annotated[UploadFile, File()]) -> Response:
        """Clean a page: PNG, JPEG or TIFF in, a grey PNG of the same size out."""
        return await service.picture(file, service.clean)

    @app.post("/ocr", openapi_extra=FORM, responses=PROBLEMS)
    async def ocr(file: Annotated[UploadFile, File()]) -> Text:
        """Read a page with Tesseract, after cleaning it and before."""
        return await service.texts(file)

    @app.post("/face", openapi_extra=FORM, response_class=Response, responses=PICTURE | PROBLEMS)
    async def face(file: Annotated[UploadFile, File()]) -> Response:
        """Paint a face from a sketch: PNG, JPEG or TIFF in, a PNG of 256 × 256 in colour out."""
        return await service.picture(file, service.paint, networks.SHRUNK)

    @app.get("/sketch.png", response_class=Response, responses=DRAWN)
    async def sketch(seed: Seed = 0) -> Response:
        """A sketch of somebody who doesn't exist, drawn by the course; another for each seed."""
        return await service.drawn(_sketch, seed)

    @app.get("/example.png", response_class=Response, responses=DRAWN)
    async def example(seed: Seed = 0) -> Response:
        """A damaged page to try the service on, drawn by the course; another for each seed."""
        return await service.drawn(_example, seed)

    app.include_router(painting.routes(service, FORM, PICTURE | PROBLEMS, DRAWN))
    return app


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

    def __init__(self, clean, read, limits: Limits, paint, repaint):
        self.clean, self.paint, self.repaint = clean, paint, repaint
        self.read, self.limits = read or _tesseract, limits
        self.headers, self.small, self.large, self.readers = (
            Lane(threads, limits.queue) for threads in (2, 2, 1, 2)
        )

    @asynccontextmanager
    async def lifespan(self, app: FastAPI):
        """Load what isn't there before the first page comes."""
        given = [self.clean, self.paint, self.repaint]
        if None in given:
            loaded = await asyncio.to_thread(networks.load_all)
            self.clean, self.paint, self.repaint = (a or b for a, b in zip(given, loaded))
        yield

    async def picture(self, file: UploadFile, make, cost=1.0, colour=False) -> Response:
        """What `make` makes of an uploaded picture, as a PNG file. cost: a pixel's, of cleaning."""

        def work(content):
            return encode(make(decode(content, self.limits, colour)))

        content, pixels, lane = await self.measured(file, self.limits)
        with lane.room(cost * pixels):
            return _png(await lane.run(work, content))

    async def drawn(self, draw, seed: int) -> Response:
        """A picture that is drawn, as a PNG file."""
        return _png(await self.small.run(draw, seed))

    async def texts(self, file: UploadFile) -> Text:
        """What is read after cleaning and before, both at once."""
        limits = self.limits.of_reading()

        def work(content):
            page = decode(content, limits)
            return self.clean(page), page

        content, pixels, lane = await self.measured(file, limits)
        with lane.room(READ * pixels):
            reads = (self.readers.run(self.read, page) for page in await lane.run(work, content))
            after, before = await asyncio.gather(*reads)
        return Text(text=after, text_before=before)

    async def measured(self, file: UploadFile, limits: Limits) -> tuple:
        """(an uploaded file, the pixels that it promises, the lane for its size)."""
        content = await file.read()
        pixels = await self.headers.run(measure, content, limits)
        small = max(pixels, len(content)) <= limits.small
        return content, pixels, self.small if small else self.large


def _png(content: bytes) -> Response:
    return Response(content, media_type="image/png")


def _tesseract(page: np.ndarray) -> str:
    try:
        return ocr.read(page)
    except RuntimeError as error:
        failed = "Tesseract could not read this page; send a smaller one, or try again later."
        raise HTTPException(503, failed if ocr.available() else str(error)) from error


def _example(seed: int) -> bytes:
    from drawn_worlds import documents

    return encode(documents.document(seed).noisy)


def _sketch(seed: int) -> bytes:
    from drawn_worlds import faces

    from ..data.face_sketch import SEEN

    return encode(faces.face(seed, 256, **SEEN).sketch)


async def _http_problem(request: Request, error: StarletteHTTPException) -> JSONResponse:
    path = request.url.path
    sentence = {
        400: SEND_FILE,
        404: f"There is nothing at {path}; /docs lists what there is.",
        405: f"{path} does not take {request.method}; /docs says what it takes.",
    }.get(error.status_code, error.detail)
    return problem(error.status_code, sentence, error.headers)


async def _form_problem(request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    where, name = first["loc"][0], first["loc"][-1]
    return problem(422, SEND_FILE if where == "body" else f"{name}: {first['msg']}.")


async def _own_problem(request: Request, error: Exception) -> JSONResponse:
    return problem(500, "The service made a mistake, and its window says which; try another page.")
