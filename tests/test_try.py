"""The page where the networks run in the visitor's browser: they answer as Keras does, and nothing leaves."""

import base64
import io
import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import require
from PIL import Image
from playwright.sync_api import expect

from course_utils import images
from course_utils.models import face_sketch, flow, pix2pix
from course_utils.serve import colorization, documents, segmentation, style
from course_utils.serve.networks import on_paper
from drawn_worlds import houses

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import javascript
import make_site
import make_try
import walk

pytestmark = pytest.mark.slow
LARGEST = 3e6  # bytes of a network
ONE = 1 / 255
AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(" | "))"""
PIXELS = """picture => {
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth ?? picture.width;
  canvas.height = picture.naturalHeight ?? picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL();
}"""


class Page:
    """The page in a browser, from a plain web server."""

    def __init__(self, page, outside, address):
        self.page, self.outside, self.address, self.errors = page, outside, address, []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))

    def open(self, tab):
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}#{tab}")
        expect(self.page.locator(f"#tab-{tab}")).to_have_attribute("aria-selected", "true")

    def status(self, tab, words):
        expect(self.page.locator(f"#{tab} .status")).to_contain_text(words, timeout=60_000)

    def example(self, tab, words):
        """An example and its answer, RGB float32 in [0, 1]."""
        self.open(tab)
        self.page.click(f"#{tab} .example")
        self.status(tab, words)
        return self.pixels(f"#{tab} .before"), self.pixels(f"#{tab} .after")

    def pixels(self, selector):
        """What a canvas or an image holds, (H, W, 3) float32 in [0, 1]."""
        _, content = self.page.locator(selector).evaluate(PIXELS).split(",")
        picture = Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")
        return images.to_float(np.asarray(picture))

    def normals(self, seed, count):
        """The page's own random numbers."""
        script = "async ([s, n]) => [...(await import('./static/pictures.js')).normals(s, n)]"
        return np.float32(self.page.evaluate(script, [seed, count]))

    def draw(self, tab, *points):
        box = self.page.locator(f"#{tab} canvas").bounding_box()
        for number, (x, y) in enumerate(points):
            self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            if number == 0:
                self.page.mouse.down()
        self.page.mouse.up()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(folder, bytes of each network)."""
    require("site", shutil.which("npm") is not None, "install Node.js, which brings npm")
    folder = tmp_path_factory.mktemp("site") / "try"
    return folder, make_try.make(folder)


@pytest.fixture(scope="module")
def tried(made):
    require("browser", bool(walk.CHROMIUM), "install chromium")
    with make_try.served(made[0]) as address, walk.browser() as (page, outside):
        yield Page(page, outside, address)


@pytest.fixture(autouse=True)
def quiet(request):
    """No test may leave an error in the console, or ask another server."""
    yield
    if "tried" in request.fixturenames:
        tried = request.getfixturevalue("tried")
        assert tried.errors == [] and tried.outside == []


def test_networks_are_small_and_have_a_tab(made):
    folder, sizes = made
    assert max(sizes.values()) <= LARGEST, sizes
    told = json.loads(make_try.MEASURED.read_text())
    assert sizes == pytest.approx({route: each["bytes"] for route, each in told.items()}, rel=0.05)
    script = (folder / "static/page.js").read_text()
    for route in sizes:
        assert f'"{route}"' in script
    for tab in make_site.TRIED.values():
        assert f'id: "{tab}"' in script


def test_tabs_are_those_whose_networks_are_there(tried):
    tried.open("houses")
    tabs = [tab.get_attribute("aria-controls") for tab in tried.page.get_by_role("tab").all()]
    assert tabs == ["clean", "face", "undraw", "repaint", "colour", "houses", "cells"]


def test_a_house_is_what_keras_builds_of_the_same_strokes(tried):
    import export_networks

    tried.open("houses")
    tried.status("houses", "Painted.")
    first = tried.pixels("#houses .after")
    tried.page.click("#houses .pens >> text=door")
    tried.draw("houses", (0.4, 0.6), (0.55, 0.9))
    for _ in range(100):
        if (answer := tried.pixels("#houses .after")).shape == first.shape and (
            answer != first
        ).any():
            break
        tried.page.wait_for_timeout(100)
    labels = houses.decode(images.resize(tried.pixels("#houses canvas"), (128, 128), labels=True))
    assert (labels[80:112, 54:68] == houses.CLASSES.index("door")).all()
    build, grain = export_networks.with_grain(pix2pix.load("unet_l1_cgan"))
    own = build(houses.colour(labels)[None], tried.normals(0, grain)[None]).numpy()[0]
    assert np.abs(cv2.resize(own, (256, 256)) - answer).max() < 1.5 * ONE


def test_four_variants_are_those_of_the_flow(tried):
    tried.open("houses")
    tried.status("houses", "Painted.")
    tried.page.click("#houses .others")
    tried.status("houses", "Building four houses: step")
    tried.status("houses", "Painted.")
    answer = tried.pixels("#houses .after")
    drawing = images.resize(tried.pixels("#houses canvas"), (128, 128), labels=True)
    drawing = images.to_signed(houses.colour(houses.decode(drawing)))
    noise = np.stack([tried.normals(seed, 128 * 128 * 3) for seed in range(4, 8)])
    velocity = flow.guided(flow.load(), np.stack([drawing] * 4), flow.GUIDANCE)
    own = flow.euler(velocity, noise.reshape(4, 128, 128, 3), 8)[-1].clip(-1, 1) / 2 + 0.5
    for house, (top, left) in zip(own, [(0, 0), (0, 257), (257, 0), (257, 257)], strict=True):
        shown = answer[top : top + 255, left : left + 255]
        assert np.abs(cv2.resize(house, (255, 255)) - shown).mean() < ONE


def test_a_face_is_what_keras_paints_of_the_same_sketch(tried):
    import export_networks

    tried.open("face")
    tried.status("face", "Painted.")
    first = tried.pixels("#face .after")
    tried.draw("face", (0.2, 0.3), (0.5, 0.1), (0.8, 0.3))
    for _ in range(100):
        if ((answer := tried.pixels("#face .after")) != first).any():
            break
        tried.page.wait_for_timeout(100)
    paper = on_paper(images.to_grey(tried.pixels("#face canvas")), 128)
    paint = export_networks.without_grain(face_sketch.load("pix2pix")[1])
    own = paint(np.repeat(paper[None, ..., None], 3, axis=-1)).numpy()[0]
    assert np.abs(cv2.resize(own, (256, 256)) - answer).max() < 2 * ONE


@pytest.mark.parametrize(
    ("tab", "words", "room"),
    [("clean", "Cleaned", documents), ("repaint", "Repainted 512 × 512", style)],
)
def test_pages_and_paintings_are_those_of_the_service(tried, tab, words, room):
    before, after = tried.example(tab, words)
    own = room.load()(images.to_grey(before) if tab == "clean" else before)
    own = own if own.ndim == 3 else own[..., None]
    assert np.abs(own - after).mean() < ONE


def test_colours_and_a_hint_are_those_of_the_service(tried):
    tried.example("colour", "with no hints")
    box = tried.page.locator(".hinted").bounding_box()
    tried.page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.75 * box["height"])
    tried.status("colour", "with 1 hint ")
    before, after = (tried.pixels(f"#colour .{name}") for name in ("before", "after"))
    own = colorization.load()(before, [(0.75, 0.5, np.float32([217, 48, 44]) / 255)])
    assert np.abs(own - after).mean() < 1.5 * ONE  # b and a are enlarged in another way


def test_cells_are_those_of_the_service_and_follow_the_sliders(tried):
    outline, orange = segmentation.load(), np.float32(segmentation.OUTLINE)
    before, after = tried.example("cells", "cells in 256 × 256")
    counts = []
    for threshold, zoom in (("0.5", "1"), ("0.95", "1"), ("0.5", "0.5")):
        for name, value in (("Threshold", threshold), ("Zoom", zoom)):
            tried.page.get_by_label(name).fill(value)
        tried.page.wait_for_timeout(500)
        expect(tried.page.locator("#cells .busy")).to_be_hidden()
        after = tried.pixels("#cells .after")
        theirs = (np.abs(after - orange) < 2 * ONE).all(-1)
        ours = (outline(before, float(threshold), float(zoom)) == orange).all(-1)
        counts.append(theirs.sum())
        assert (theirs & ours).sum() > 0.85 * (theirs | ours).sum(), (threshold, zoom)
    assert len(set(counts)) == 3


def test_what_is_no_picture_gets_a_sentence(tried):
    tried.open("repaint")
    no_picture = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Dear Sir"}
    tried.page.set_input_files("#repaint input[type=file]", no_picture)
    expect(tried.page.locator("#repaint .error")).to_contain_text("choose a PNG or a JPEG")
    expect(tried.page.locator("#repaint .wipe")).to_be_hidden()


def test_a_network_that_does_not_come_is_asked_for_again(tried):
    tried.open("clean")
    tried.page.context.route("**/denoise.onnx", lambda route: route.fulfill(status=503))
    tried.page.click("#clean .example")
    expect(tried.page.locator("#clean .error")).to_contain_text("load the page again")
    tried.page.context.unroute("**/denoise.onnx")
    tried.page.click("#clean .example")
    tried.status("clean", "Cleaned")
    tried.errors[:] = [error for error in tried.errors if "503" not in error]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_a_phone_shows_it(tried, scheme):
    script, faults = javascript.packages() / "axe-core/axe.min.js", []
    tried.page.emulate_media(color_scheme=scheme)
    tried.page.set_viewport_size({"width": 390, "height": 844})
    for tab in ("clean", "face", "colour", "houses", "cells"):
        if tab in ("face", "houses"):
            tried.open(tab)
            tried.status(tab, "Painted.")
        else:
            tried.example(tab, " 256 pixels" if tab != "clean" else "Cleaned")
        tried.page.locator(f"#{tab} .about summary").click()
        assert tried.page.evaluate("document.documentElement.scrollWidth") == 390
        tried.page.evaluate(script.read_text())
        faults += [f"{tab}: {fault}" for fault in tried.page.evaluate(AXE)]
    tried.page.set_viewport_size({"width": 1280, "height": 720})
    tried.page.emulate_media(color_scheme="light")
    assert not faults, "\n".join(faults)
