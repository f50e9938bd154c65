"""The service's tab of lesson 05: a picture and hints go in, a picture in colour comes back."""

import json

import numpy as np
import pytest
from PIL import Image
from test_serve import caller, file, refused, service
from test_serve import pixels as grey_pixels
from test_serve_painting import pixels

from course_utils import images
from course_utils.models import colorization as models
from course_utils.serve import colorization

PICTURE = np.full((24, 36), 90, np.uint8)
RED = "#d9302c"


@pytest.fixture(scope="module")
def client():
    with caller(service()) as client:
        yield client


def send(client, content=file(PICTURE), hints=None):
    """hints: a string as it is, else as JSON; None sends no such field."""
    text = hints if isinstance(hints, str | None) else json.dumps(hints)
    form = {} if text is None else {"hints": text}
    return client.post("/colour", files={"file": ("old.png", content)}, data=form)


def test_hints_reach_the_network_at_their_places(client):
    corners = [[0, 0, RED], [1, 1, "#3C9A2E"], [0.0, 1, "#000000"]]
    coloured = pixels(send(client, hints=corners))
    assert coloured[0, 0].tolist() == [217, 48, 44] and coloured[-1, -1].tolist() == [60, 154, 46]
    assert (coloured[0, -1] == 0).all() and (coloured[5:-5, 5:-5] == 90).all()
    assert coloured.shape == (24, 36, 3)


def test_no_hints_and_as_many_as_are_taken(client):
    for hints in (None, "[]", " [ ] "):
        assert (pixels(send(client, hints=hints)) == 90).all()
    assert pixels(send(client, hints=[[0.5, 0.5, RED]] * 50)).shape == (24, 36, 3)
    refused(send(client, hints=[[0.5, 0.5, RED]] * 51), 422, "51 hints", "at most 50")


@pytest.mark.parametrize(
    "text",
    [
        "red",
        "[",
        "{}",
        "7",
        "null",
        '"[]"',
        "[[0.5, 0.5, '#d9302c']]",
        "[" * 100_000,
        "[" + "9" * 5000 + "]",
        "\0",
        "\ufeff[]",
    ],
    ids=range(11),
)
def test_hints_that_are_no_json_list_are_refused(client, text):
    refused(send(client, hints=text), 422, '"hints"', "JSON list", "[y, x,")


@pytest.mark.parametrize("hint", [[], [0.5], [0.5, 0.5], [0.5, 0.5, RED, 1], {}, "y x", None, 3])
def test_hints_of_another_form_are_refused_by_number(client, hint):
    refused(send(client, hints=[[0.5, 0.5, RED], hint]), 422, "Hint 2", "[y, x,")


@pytest.mark.parametrize(
    "place",
    ["-0.001", "1.001", "1e999", "NaN", "-Infinity", "true", "null", '"0.5"', "[0.5]", "{}"],
)
def test_places_outside_the_picture_are_refused(client, place):
    for hint in (f'[{place}, 0.5, "{RED}"]', f'[0.5, {place}, "{RED}"]'):
        refused(send(client, hints=f"[{hint}]"), 422, "Hint 1", "from 0 to 1")


@pytest.mark.parametrize(
    "colour",
    [
        "red",
        "d9302c",
        "#d93",
        "#d9302c ",
        "#d9302c\n",
        "#d9302cff",
        "#٣٣٣٣٣٣",
        "\ud800",
        "",
        7,
        [1, 0, 0],
    ],
    ids=range(11),
)
def test_colours_that_are_none_are_refused(client, colour):
    refused(send(client, hints=[[0.5, 0.5, colour]]), 422, "Hint 1", "#d9302c")


def test_a_file_in_place_of_hints_and_hints_without_a_picture(client):
    swapped = {"file": file(PICTURE), "hints": file(PICTURE)}
    refused(client.post("/colour", files=swapped), 422, "hints")
    refused(client.post("/colour", data={"hints": "[]"}), 422, 'named "file"')
    assert send(client, hints="x" * 2_000_000).status_code == 400  # of a form's field, 1 MB is read
    assert pixels(send(client)).shape == (24, 36, 3)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"no picture", 415),
        (file(PICTURE)[:60], 422),
        (file(Image.new("1", (9000, 9000))), 413),
    ],
)
def test_what_is_no_picture_gets_its_sentence(client, content, status):
    refused(send(client, content, [[0.5, 0.5, RED]]), status)


def test_landscapes_to_colour_are_drawn_in_grey_by_seed(client):
    first, again, other = (
        grey_pixels(client.get(f"/grey.png?seed={seed}")) for seed in (3, 3, 2**31 - 1)
    )
    assert first.shape == (256, 256) and np.array_equal(first, again) and first.std() > 10
    assert not np.array_equal(first, other)
    refused(client.get("/grey.png?seed=-1"), 422, "seed")


@pytest.mark.parametrize("shape", [(40, 60), (60, 40), (500, 4000), (1, 16_000), (1, 1)])
def test_any_shape_is_coloured_at_its_own_lightness(monkeypatch, shape):
    """By an untrained network; what is long is shrunk, and what sRGB has not is clipped."""
    network = models.build("hints")
    monkeypatch.setattr(models, "load", lambda name: {"hints": network}[name])
    colour = colorization.load()
    picture = np.random.default_rng(0).uniform(0.3, 0.7, (*shape, 1)).astype(np.float32)
    picture = picture.repeat(3, axis=-1)
    plain, hinted = colour(picture), colour(picture, [(0.5, 0.5, np.float32([0.85, 0.19, 0.17]))])
    assert plain.shape == hinted.shape and max(plain.shape[:2]) == min(max(shape), 512)
    wanted = images.rgb_to_lab(images.resize(picture, plain.shape[:2]))[..., 0]
    for coloured in (plain, hinted):
        whole = ((coloured > 0) & (coloured < 1)).all(axis=-1)
        apart = np.abs(images.rgb_to_lab(coloured)[..., 0] - wanted)
        assert apart.max(where=whole, initial=0) < 0.1
    assert np.abs(plain - hinted).max() > 1e-4
