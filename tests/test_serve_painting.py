"""The service's second tab: a picture comes back repainted, in colour, bounded and upright."""

import io

import numpy as np
import pytest
from PIL import Image
from test_serve import caller, file, service

from course_utils.models import fast_style
from course_utils.serve import pages, style

PICTURE = (np.random.default_rng(0).random((24, 36, 3)) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def client():
    with caller(service()) as client:
        yield client


def send(client, content):
    return client.post("/repaint", files={"file": ("picture.png", content)})


def pixels(answer):
    assert answer.status_code == 200, answer.text
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    return np.asarray(picture)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_picture_comes_back_in_colour(client, kind):
    assert np.array_equal(pixels(send(client, file(PICTURE, kind))), 255 - PICTURE)


def test_grey_16_bit_transparent_and_turned_pictures(client):
    grey = PICTURE[..., 0]
    assert np.array_equal(pixels(send(client, file(grey))), 255 - np.dstack([grey] * 3))
    deep = pixels(send(client, file(grey.astype(np.uint16) * 257)))
    assert np.abs(deep - (255.0 - grey[..., None])).max() <= 1
    clear = Image.new("RGBA", (5, 4), (255, 0, 0, 0))
    assert (pixels(send(client, file(clear))) == 0).all()  # white, repainted
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(PICTURE).rotate(90, expand=True)
    assert np.array_equal(pixels(send(client, file(turned, exif=exif))), 255 - PICTURE)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"no picture", 415),
        (file(PICTURE)[:80], 422),
        (file(Image.new("1", (9000, 9000))), 413),
    ],
)
def test_what_is_no_picture_gets_its_sentence(client, content, status):
    answer = send(client, content)
    assert answer.status_code == status and answer.json()["detail"].endswith(".")


def test_photographs_to_try(client):
    sizes = {pixels(client.get(f"/photograph.png?seed={seed}")).shape for seed in range(5)}
    assert len(sizes) == 4
    assert client.get("/photograph.png?seed=-1").status_code == 422


def test_a_large_picture_is_shrunk_before_the_network_sees_it(monkeypatch):
    seen = []

    def repaint(network, pictures):
        seen.append(pictures.shape)
        return pictures

    monkeypatch.setattr(fast_style, "load", lambda style: "a network")
    monkeypatch.setattr(fast_style, "repaint", repaint)
    painter = style.load()
    for shape, small in (((500, 4000), (128, 1024)), ((1, 16_000), (1, 1024)), ((7, 9), (7, 9))):
        assert painter(np.zeros((*shape, 3), np.float32)).shape == (*small, 3)
    assert seen == [(1, 128, 1024, 3), (1, 1, 1024, 3), (1, 8, 16, 3)]  # few sizes


def test_decode_in_colour_agrees_with_grey():
    picture = pages.decode(file(PICTURE), colour=True)
    assert picture.dtype == np.float32 and np.array_equal(np.round(picture * 255), PICTURE)
    assert pages.decode(file(PICTURE)).shape == (24, 36)
