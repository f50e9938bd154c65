"""The service: one router a network, their errors as one sentence each."""

import asyncio
import logging
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

from .. import __version__
from . import (
    about,
    colorization,
    documents,
    face_sketch,
    flow,
    pix2pix,
    psp,
    segmentation,
    style,
    undrawing,
)
from .guard import Guard, problem
from .pages import Limits
from .service import PROBLEMS, Service

STATIC = Path(__file__).parent / "static"
MODEL = "06_denoiser"
SEND_FILE = 'Send the page as multipart form data, in a file field named "file".'
NETWORKS = {
    "documents": documents,
    "face_sketch": face_sketch,
    "undrawing": undrawing,
    "style": style,
    "colorization": colorization,
    "psp": psp,
    "pix2pix": pix2pix,
    "flow": flow,
    "segmentation": segmentation,
}


class Health(BaseModel):
    status: str
    model: str
    loaded: bool


def create_app(
    networks: dict | None = None, read=None, limits=Limits(), words=tuple(NETWORKS)
) -> FastAPI:
    """The service as an ASGI application.

    networks: {word: function}. "documents" cleans a page (H, W) float32 in [0, 1]; "face_sketch"
    makes a face (H', W', 3) of a sketch (H, W); "style" repaints a picture (H, W, 3);
    "undrawing" draws the face of a picture (H, W, 3); "colorization" colours one, with `hints`;
    "segmentation" outlines its cells, with `threshold` and `zoom`; "psp" makes four faces of a
    drawing (H, W), with `seed` and sliders; "pix2pix" makes a house of one (H, W, 3) and "flow" four,
    with `seed`. Those that are missing are loaded when the server starts, from what is shipped; that
    raises ValueError where they are missing or damaged. words: of the networks that the service has.
    read: a function from a page to its text; None is Tesseract, which may be missing: then /ocr
    answers 503 and everything else works.
    """
    service = Service(dict(networks or {}), limits)

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        missing = [word for word in words if word not in service.networks]
        service.networks |= await asyncio.to_thread(load, missing)
        yield

    app = FastAPI(
        title="Image to Image",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Guard, limits=limits)
    app.add_exception_handler(StarletteHTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _form_problem)
    app.add_exception_handler(Exception, _own_problem)
    app.mount("/static", StaticFiles(directory=STATIC))
    for name, file in {"/": "index.html", "/docs": "docs.html"}.items():
        app.get(name, include_in_schema=False)(_page(file))

    @app.get("/health", responses={403: PROBLEMS[403]})
    async def health() -> Health:
        """Whether the service is ready; answers while pages are being cleaned."""
        loaded = "documents" in service.networks
        return Health(status="ok", model=MODEL, loaded=loaded)

    @app.get("/networks.json", include_in_schema=False)
    def networks() -> dict:
        return about.networks()

    for word in words:
        more = [read] if word == "documents" else []
        app.include_router(NETWORKS[word].routes(service, *more))
    return app


def load(words=tuple(NETWORKS)) -> dict:
    """{word: network} of those wanted, each run once, so that the first page doesn't wait.

    Raises ValueError with a line for each network that is missing or damaged.
    """
    networks, problems = {}, []
    logging.getLogger("tensorflow").setLevel("ERROR")  # that a new size is traced anew is no news
    for word in words:
        try:
            networks[word] = NETWORKS[word].load()
            networks[word](np.ones(NETWORKS[word].SHAPE, np.float32))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))
    return networks


def _page(file: str):
    async def page() -> FileResponse:
        return FileResponse(STATIC / file)

    return page


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
    misses = where == "body" and name != "hints"
    return problem(422, SEND_FILE if misses else f"{name}: {first['msg']}.")


async def _own_problem(request: Request, error: Exception) -> JSONResponse:
    return problem(500, "The service made a mistake, and its window says which; try another page.")
