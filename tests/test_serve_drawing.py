"""The service's tabs that draw: a drawing goes in, faces, houses or outlines of cells come back."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.morphology import dilation, disk
from skimage.segmentation import find_boundaries
from test_serve import caller, file, refused, service
from test_serve_painting import pixels as colours

from course_utils import images
from course_utils.data import psp as data
from course_utils.data.face_sketch import SEEN
from course_utils.models import flow as flows
from course_utils.serve import flow, pages, pix2pix, psp, segmentation, undrawing
from drawn_worlds import faces, houses
from drawn_worlds.cells import cells

DRAWING = np.full((24, 36), 200, np.uint8)
ROUTES = ("/faces", "/houses", "/house")


@pytest.fixture(scope="module")
def client():
    with caller(service()) as client:
        yield client


def send(client, route, content=file(DRAWING), **query):
    return client.post(route, files={"file": ("blob", content)}, params=query)


def test_seed_and_sliders_reach_the_network(client):
    for route in ("/house", "/houses"):
        assert colours(send(client, route, seed=4))[0, 0].tolist() == [178] * 3
    cells = colours(send(client, "/cells", threshold=0.25, zoom=2))
    assert cells[0, :2, 0].tolist() == [83, 128]  # (3 + 0.25) / 10, (3 + 2) / 10
    moved = colours(send(client, "/faces", seed=1, hair=-3, skin=0.5, turn=3))
    assert moved[0, :6, 0].tolist() == [102, 0, 76, 89, 76, 153]  # seed, hair, glasses, skin, …
    assert (moved[1:] == 200).all()
    assert colours(send(client, "/faces"))[0, :6, 0].tolist() == [76] * 6


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_no_drawing_or_seed_gets_its_sentence(client, route):
    large = file(Image.new("1", (9000, 9000)))
    for content, status in (
        (b"", 422),
        (b"no picture", 415),
        (file(DRAWING)[:60], 422),
        (large, 413),
    ):
        refused(send(client, route, content), status)
    refused(client.post(route), 422, 'named "file"')
    for seed in ("-1", "x", str(2**31)):
        refused(send(client, route, seed=seed), 422, "seed")


@pytest.mark.parametrize("value", ["3.1", "-4", "nan", "inf", "much", ""])
def test_sliders_out_of_range_are_refused_by_name(client, value):
    for name in psp.SLIDERS:
        refused(send(client, "/faces", **{name: value}), 422, name)


@pytest.mark.parametrize(
    ("name", "values"), [("threshold", ["0", "1", "nan", "x"]), ("zoom", ["0.2", "3", "inf", ""])]
)
def test_knobs_of_cells_out_of_range_are_refused_by_name(client, name, values):
    for value in values:
        refused(send(client, "/cells", **{name: value}), 422, name)


@pytest.mark.parametrize(
    ("route", "side"),
    [("/lines.png", 512), ("/labels.png", 512), ("/field.png", 256), ("/portrait.png", 256)],
)
def test_examples_are_drawn_by_seed(client, route, side):
    first, again, other = (client.get(f"{route}?seed={seed}").content for seed in (3, 3, 4))
    assert first == again != other
    assert Image.open(io.BytesIO(first)).size == (side, side)
    refused(client.get(f"{route}?seed=-1"), 422, "seed")


def test_lines_of_any_pen_become_one_pixel_wide():
    drawn = data.lines([faces.face(3, 64).photo])[0]
    large = images.resize(drawn[..., 0], (512, 512), labels=True)
    again = psp.lines(large)
    assert (
        again.shape == (64, 64, 1) and again.dtype == np.float32 and set(np.unique(again)) == {0, 1}
    )
    assert (drawn[again == 0] == 0).mean() > 0.95 and (again == 0).sum() > 0.8 * (drawn == 0).sum()
    for width in (3, 5, 12):
        paper = np.ones((512, 512), np.float32)
        paper[100:400, 200 : 200 + width] = 0.2
        ink = psp.lines(paper)[..., 0] == 0
        assert ink.any(axis=1).sum() >= 35 and ink.sum(axis=1).max() == 1
    assert (psp.lines(np.ones((3, 900), np.float32)) == 1).all()


def test_pixels_count_as_the_nearest_class(monkeypatch):
    seen = []

    def generate(network, drawings, seed, steps, guidance):
        seen.append(drawings)
        return drawings

    monkeypatch.setattr(flows, "load", lambda: "a network")
    monkeypatch.setattr(flows, "generate", generate)
    build, labels = flow.load(), houses.facade(3).labels
    drawing = houses.colour(images.resize(labels, (512, 512), labels=True))
    shaken = (drawing + np.random.default_rng(0).normal(0, 0.02, drawing.shape)).astype(np.float32)
    assert build(shaken).shape == (512, 512, 3)
    assert np.array_equal(seen[0], np.repeat(houses.colour(labels)[None], 4, axis=0))
    assert build(np.ones((1, 900, 3), np.float32)).shape == (512, 512, 3)


def test_labels_to_build_after_have_the_palette_only(client):
    labels = pages.decode(client.get("/labels.png?seed=4").content, colour=True)
    assert np.array_equal(houses.colour(houses.decode(labels)), labels)


@pytest.mark.slow
def test_the_shipped_networks_build_undraw_and_cut_out():
    """House and sketch are nearer to the truth than a grey picture; most cells get their outline."""
    house, face = houses.facade(4_000_003, 128), faces.face(4_000_003, 128, **SEEN)
    built = images.resize(pix2pix.load()(houses.colour(house.labels)), (128, 128))
    assert (
        np.abs(built - house.photo).mean() < 0.7 * np.abs(house.photo.mean() - house.photo).mean()
    )
    sketched = images.resize(undrawing.load()(face.photo), (128, 128))[..., 0]
    assert np.abs(sketched - face.sketch).mean() < np.abs(face.sketch.mean() - face.sketch).mean()
    outline, field = segmentation.load(), cells(1_000_002, 256)
    for zoom in (1, 0.75):
        marked = (outline(field.image, zoom=zoom) == np.float32(segmentation.OUTLINE)).all(-1)
        near = dilation(find_boundaries(field.labels), disk(2))
        assert (
            near[marked].mean() > 0.9 and marked.sum() > 0.5 * find_boundaries(field.labels).sum()
        )
    assert (outline(field.image, threshold=0.95) != outline(field.image)).any()
    assert outline(np.ones((3, 1500, 3), np.float32)).shape == (2, 1024, 3)


@pytest.fixture(scope="module")
def painter():
    return psp.load()


@pytest.mark.slow
def test_a_face_drawn_by_a_thick_pen_moves_as_the_sliders_say(painter):
    """Of the shipped networks: what a slider's name promises can be seen in the middle of a face."""
    drawing = pages.decode(psp.drawn(4_000_002))
    plain = painter(drawing)
    four = [plain[top : top + 255, left : left + 255] for top in (0, 257) for left in (0, 257)]
    apart = [np.abs(one - other).mean() for n, one in enumerate(four) for other in four[:n]]
    assert plain.shape == (512, 512, 3) and min(apart) > 0.02
    assert np.array_equal(plain, painter(drawing)) and not np.array_equal(
        plain, painter(drawing, 1)
    )

    def bright(sheet, rows, columns=slice(100, 155)):
        return np.mean([sheet[top:, left:][rows, columns] for top in (0, 257) for left in (0, 257)])

    cheeks, crown = slice(120, 190), slice(25, 60)
    assert (
        bright(painter(drawing, skin=2), cheeks) > bright(painter(drawing, skin=-2), cheeks) + 0.1
    )
    assert bright(painter(drawing, hair=3), crown) < bright(painter(drawing, hair=-3), crown) - 0.1
