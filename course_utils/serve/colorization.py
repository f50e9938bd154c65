"""Lesson 05 as a part of the service: a picture comes back in colour, and follows hints."""

import json
import re
import threading
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Form, HTTPException, Response

from .networks import SHRUNK, shrunk
from .pages import encode
from .service import DRAWS, PAINTS, Seed, Service, Upload

SHAPE = (128, 128, 3)
SIDE = 512  # what is coloured is at most this long: a person who gives hints waits for each answer
MOST = 50  # hints
LIKE = '[y, x, "#rrggbb"]'


def load():
    """Lesson 05's network, from a picture (H, W, 3) in [0, 1] and its hints to the same, coloured.

    hints: as `hint_plane` takes them. Of the picture only the lightness is looked at, and it stays.
    What is longer than SIDE is shrunk to it first. Any shape will do: the network sees the
    lightness pressed into its square, and its a and b are stretched back to the picture's shape.
    """
    from ..models import colorization

    network, door = colorization.load("hints"), threading.Lock()

    def colour(picture, hints=()):
        small = shrunk(picture, SIDE)
        with door:  # one at a time: each takes all cores
            return colorization.colour(network, small[None], [hints])[0]

    return colour


def routes(service: Service) -> APIRouter:
    """/colour and /grey.png."""
    router = APIRouter()

    @router.post("/colour", **PAINTS)
    async def colour(file: Upload, hints: Annotated[str, Form()] = "[]") -> Response:
        """Colour a picture: PNG, JPEG or TIFF in, a PNG of at most 512 pixels in colour out.

        Its field "hints" is a JSON list of [y, x, "#rrggbb"], at most 50: a place from the upper
        left corner, from 0 to 1 of height and width, and the colour there.
        """
        given = {"hints": parsed(hints)}
        return await service.picture(file, "colorization", SHRUNK, colour=True, given=given)

    @router.get("/grey.png", **DRAWS)
    async def grey(seed: Seed = 0) -> Response:
        """A landscape in grey to colour, drawn by the course; another for each seed."""
        return await service.drawn(drawn, seed)

    return router


def parsed(text: str) -> list[tuple]:
    """Hints as a form has them, as (y, x, colour): the colour is RGB float32 in [0, 1].

    Raises HTTPException, 422, with one sentence. It repeats nothing of what was sent.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, list):
        raise _wrong(f'The field "hints" holds no JSON list; send a list of {LIKE}.')
    if len(given) > MOST:
        raise _wrong(f"There are {len(given)} hints; send at most {MOST}.")
    return [_hint(number, each) for number, each in enumerate(given, 1)]


def _hint(number: int, given) -> tuple:
    if not isinstance(given, list) or len(given) != 3:
        raise _wrong(f"Hint {number} has another form than {LIKE}; send it like that.")
    y, x, colour = given
    if not all(type(at) in (int, float) and 0 <= at <= 1 for at in (y, x)):
        raise _wrong(
            f"Hint {number} lies outside the picture; send y and x as numbers from 0 to 1."
        )
    if not isinstance(colour, str) or not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        raise _wrong(f'Hint {number} has no colour; send one such as "#d9302c".')
    return y, x, np.frombuffer(bytes.fromhex(colour[1:]), np.uint8) / np.float32(255)


def _wrong(sentence: str) -> HTTPException:
    return HTTPException(422, sentence)


def drawn(seed: int) -> bytes:
    from drawn_worlds import landscapes

    from ..data.colorization import grey

    return encode(grey(landscapes.landscape(seed, 256).photo)[..., 0])
