"""The demo page in a real browser: drop, wipe, download, read; sentences; no request leaves."""

import base64
import io
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import require
from PIL import Image
from playwright.sync_api import expect
from test_serve import file

from course_utils import images, serve
from course_utils.serve.server import Server, listen
from drawn_worlds import houses

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import walk

pytestmark = pytest.mark.slow
expect.set_options(timeout=20_000)
PAGE = np.full((210, 270), 200, np.uint8)
DROP = """([content, name]) => {
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  document.querySelector(".stage").dispatchEvent(
    new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
}"""


def blots(picture, hints=()):
    """Stands for the colouring network: around each hint a square of its colour."""
    coloured, (height, width) = picture.copy(), picture.shape[:2]
    for y, x, colour in hints:
        down, right = (np.arange(side) / side for side in (height, width))
        near = np.ix_(np.abs(down - y) < 0.06, np.abs(right - x) < 0.06)
        coloured[near] = colour
    return coloured


def four_shades(drawing, seed, glasses, **others):
    """Stands for four faces: the drawing in the seed's red; the slider makes it blue."""
    red, blue = np.full_like(drawing, seed / 10), np.full_like(drawing, (3 + glasses) / 10)
    return np.stack([red, drawing, blue], axis=-1)


class Demo:
    """The page in the browser, the server behind it, and what went wrong in the console."""

    def __init__(self, page, outside, address, door):
        self.page, self.outside, self.address, self.door = page, outside, address, door
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def choose(self, content, name="page.png"):
        self.page.set_input_files(
            "input[type=file]",
            {"name": name, "mimeType": "application/octet-stream", "buffer": content},
        )

    def see(self, selector):
        """What the page must come to: `demo.see(".error").to_contain_text("no PNG")`."""
        return expect(self.page.locator(selector), selector)

    def cleaned(self, width, height):
        self.see(".status").to_contain_text(f"Cleaned {width} × {height} pixels")

    def at(self) -> float:
        """Where the line stands: share of the picture's width, measured on the screen."""
        line, picture = (self.page.locator(name).bounding_box() for name in (".line", ".wipe"))
        return (line["x"] + line["width"] / 2 - picture["x"]) / picture["width"]

    def stays_on_the_screen(self):
        edges = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        size = self.page.viewport_size
        assert self.page.evaluate(edges) == [size["width"], size["height"]]


@pytest.fixture(scope="module")
def demo():
    """One server, one browser."""
    require("browser", bool(walk.CHROMIUM), "install chromium")
    door = threading.Event()

    def clean(page):
        assert door.wait(20)
        return page / 2

    def paint(sketch):
        return np.stack([sketch, sketch, 0 * sketch + 0.5], axis=-1)

    app = serve.create_app(
        {
            "documents": clean,
            "face_sketch": paint,
            "style": lambda picture: 1 - picture,
            "colorization": blots,
            "psp": four_shades,
            "flow": lambda drawing, seed: np.roll(drawing, seed, axis=-1),
            "pix2pix": lambda drawing, seed: drawing,
            "undrawing": lambda picture: 1 - picture,
            "segmentation": lambda picture, threshold, zoom: 0 * picture + threshold / 2,
        },
        lambda page: f"mean {page.mean():.2f}",
    )
    listening = listen(0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server = Server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    door.set()
    thread.start()
    try:
        with walk.browser() as (page, outside):
            yield Demo(page, outside, address, door)
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(autouse=True)
def fresh(demo):
    """Each test starts on a fresh page; none may leave an error or ask another server."""
    demo.page.set_viewport_size({"width": 1280, "height": 720})
    demo.page.goto(demo.address)
    yield
    assert demo.errors == [] and demo.outside == []


def test_a_dropped_page_is_cleaned_shown_and_downloaded(demo):
    demo.stays_on_the_screen()
    demo.page.evaluate(DROP, [base64.b64encode(file(PAGE)).decode(), "page.png"])
    demo.cleaned(270, 210)
    demo.stays_on_the_screen()
    with demo.page.expect_download() as download:
        demo.page.click("text=Download")
    assert download.value.suggested_filename == "cleaned.png"
    seen = np.asarray(Image.open(download.value.path()))
    assert seen.shape == PAGE.shape and (seen == 100).all()


def test_the_wipe_follows_mouse_keys_and_finger(demo):
    demo.choose(file(PAGE))
    demo.cleaned(270, 210)
    demo.page.emulate_media(reduced_motion="reduce")
    picture = demo.page.locator(".wipe").bounding_box()

    def place(share):
        return picture["x"] + share * picture["width"], picture["y"] + picture["height"] / 3

    def greys():
        shot = Image.open(io.BytesIO(demo.page.screenshot())).convert("L")
        return [shot.getpixel(tuple(map(round, place(share)))) for share in (0.1, 0.3, 0.9)]

    assert abs(demo.at() - 0.5) < 0.01 and greys() == [200, 200, 100]
    demo.page.mouse.move(*place(0.5))
    demo.page.mouse.down()
    demo.page.mouse.move(*place(0.2), steps=5)
    demo.page.mouse.up()
    assert abs(demo.at() - 0.2) < 0.02 and greys() == [200, 100, 100]
    demo.page.keyboard.press("ArrowRight")
    assert abs(demo.at() - 0.21) < 0.02
    demo.page.keyboard.press("End")
    assert demo.at() == pytest.approx(1, abs=0.01) and greys() == [200, 200, 200]
    fingers = demo.page.context.new_cdp_session(demo.page)
    for kind, shares in (("Start", [0.9]), ("Move", [0.7]), ("Move", [0.4]), ("End", [])):
        points = [dict(zip("xy", place(share))) for share in shares]
        fingers.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    assert abs(demo.at() - 0.4) < 0.03


def test_sentences_of_the_service_are_shown_and_go_away(demo):
    shown = demo.page.get_by_role("alert")
    demo.choose(b"Dear Sir", "letter.png")
    expect(shown).to_contain_text("no PNG, JPEG or TIFF")
    assert shown.is_visible() and not demo.page.locator(".wipe").is_visible()
    demo.choose(file(PAGE))
    demo.cleaned(270, 210)
    assert shown.text_content() == ""
    demo.page.route("**/ocr", lambda route: route.abort())
    demo.page.click("text=Read the text")
    expect(shown).to_contain_text("course serve")
    demo.page.unroute("**/ocr")


def test_it_is_busy_while_the_network_works(demo):
    demo.door.clear()
    demo.choose(file(PAGE))
    demo.see(".busy").to_be_visible()
    demo.see(".busy").to_have_text("Cleaning the page …")
    demo.see(".example").to_be_disabled()
    demo.door.set()
    demo.cleaned(270, 210)
    demo.see(".busy").to_be_hidden()
    demo.see(".example").to_be_enabled()


def test_text_is_read_before_and_after_on_one_screen(demo):
    demo.page.click("text=Try an example")
    demo.cleaned(540, 420)
    first = demo.page.get_attribute(".before", "src")
    demo.page.click("text=Read the text")
    demo.see(".texts").to_be_visible()
    texts = demo.page.locator("pre").all_text_contents()
    before, after = (float(text.split()[1]) for text in texts)
    assert after == pytest.approx(before / 2, abs=0.02) and before > 0.3
    demo.stays_on_the_screen()
    demo.page.click("text=Try another")
    demo.see(".before").not_to_have_attribute("src", first)
    demo.see(".texts").to_be_hidden()


def test_a_file_that_browsers_do_not_draw_is_cleaned_all_the_same(demo):
    demo.choose(file(PAGE, "TIFF"), "page.tif")
    demo.cleaned(270, 210)
    assert "can't draw" in demo.page.locator(".status").text_content()
    assert demo.page.locator(".after").is_visible() and demo.page.locator(".line").is_hidden()


def test_a_screen_reader_and_the_keyboard_find_everything(demo):
    demo.choose(file(PAGE))
    demo.cleaned(270, 210)
    heard = demo.page.locator("body").aria_snapshot()
    for line in (
        'tablist "What to do"',
        'tab "Clean a page" [selected]',
        'tabpanel "Clean a page"',
        'img "Before"',
        'img "After"',
        'slider "Wipe between Before and After"',
        'button "Choose a page"',
        'button "Try an example"',
        'link "Download"',
        'button "Read the text"',
        "status: Cleaned",
    ):
        assert f"- {line}" in heard, heard
    reached = set()
    for _ in range(12):
        demo.page.keyboard.press("Tab")
        reached.add(demo.page.evaluate("(e => e.className || e.type)(document.activeElement)"))
    assert {"file", "example", "range", "button first download", "read"} <= reached


def test_a_phone_shows_it_without_scrolling_sideways(demo):
    demo.page.set_viewport_size({"width": 390, "height": 844})
    demo.choose(file(PAGE))
    demo.cleaned(270, 210)
    assert demo.page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_description_lists_routes_and_statuses_without_network(demo):
    demo.page.goto(demo.address + "docs")
    demo.see("dl").to_have_count(19)
    text = demo.page.locator("main").text_content()
    assert all(said in text for said in ("POST /denoise", "POST /ocr", "415", "seed", demo.address))


# Drawing ------------------------------------------------------------------------------------------


def draw(demo, *points):
    """Drag the mouse over the paper, from point to point, in shares of its sides."""
    box = demo.page.locator("canvas").bounding_box()
    for number, (x, y) in enumerate(points):
        demo.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if number == 0:
            demo.page.mouse.down()
    demo.page.mouse.up()


def on_paper(demo, x, y):
    """Grey of the paper at a point, and of the painted picture there, as the browser shows them."""
    return demo.page.evaluate(
        """([x, y]) => {
        const grey = picture => {
          const canvas = new OffscreenCanvas(512, 512), pen = canvas.getContext("2d");
          pen.drawImage(picture, 0, 0, 512, 512);
          return pen.getImageData(x * 512, y * 512, 1, 1).data[0];
        };
        return [grey(document.querySelector("canvas")), grey(document.querySelector(".pair .after"))];
    }""",
        [x, y],
    )


def test_a_sketch_is_drawn_changed_and_painted(demo):
    demo.page.click("text=Draw a face")
    demo.see("#face .status").to_contain_text("Painted.")
    demo.stays_on_the_screen()
    demo.page.click("#face >> text=Empty paper")
    demo.see("#face .busy").to_be_hidden()
    assert on_paper(demo, 0.5, 0.5) == [255, 255]
    draw(demo, (0.3, 0.5), (0.7, 0.5))
    demo.see("#face .busy").to_be_hidden()
    for _ in range(50):
        if on_paper(demo, 0.5, 0.5)[1] < 120:
            break
        demo.page.wait_for_timeout(100)
    assert max(on_paper(demo, 0.5, 0.5)) < 120
    demo.page.click("#face >> text=Eraser")
    draw(demo, (0.3, 0.5), (0.7, 0.5))
    demo.see("#face .status").to_contain_text("Painted.")
    assert on_paper(demo, 0.5, 0.5)[0] == 255
    with demo.page.expect_download() as download:
        demo.page.click("#face >> text=Download")
    assert download.value.suggested_filename == "face.png"


def on_answer(demo, tab, x, y):
    """RGB of a tab's answer at a point."""
    return demo.page.evaluate(
        """([tab, x, y]) => {
        const canvas = new OffscreenCanvas(512, 512), pen = canvas.getContext("2d");
        pen.drawImage(document.querySelector(`#${tab} .after`), 0, 0, 512, 512);
        return [...pen.getImageData(x * 512, y * 512, 1, 1).data.slice(0, 3)];
    }""",
        [tab, x, y],
    )


def comes_to(demo, tab, x, y, colour):
    for _ in range(100):
        if on_answer(demo, tab, x, y) == colour:
            return
        demo.page.wait_for_timeout(100)
    assert on_answer(demo, tab, x, y) == colour


def test_lines_become_four_faces_that_sliders_move(demo):
    demo.page.click("text=Four faces")
    demo.see("#faces .status").to_contain_text("Painted.")
    demo.stays_on_the_screen()
    demo.page.click("#faces >> text=Empty paper")
    comes_to(demo, "faces", 0.5, 0.5, [0, 255, 76])
    draw(demo, (0.3, 0.5), (0.5, 0.5), (0.7, 0.5))
    comes_to(demo, "faces", 0.4, 0.5, [0, 51, 76])
    demo.page.get_by_label("Glasses").fill("2")
    comes_to(demo, "faces", 0.1, 0.1, [0, 255, 128])
    demo.page.click("#faces >> text=Four others")
    comes_to(demo, "faces", 0.1, 0.1, [26, 255, 128])
    heard = demo.page.locator("body").aria_snapshot()
    for line in ('button "Pencil" [pressed]', 'button "Eraser"', 'slider "Turn left"'):
        assert f"- {line}" in heard, heard
    with demo.page.expect_download() as download:
        demo.page.click("#faces >> text=Download")
    assert download.value.suggested_filename == "faces.png"


def test_boxes_of_labels_become_four_houses(demo):
    demo.page.click("text=Build a house")
    demo.see("#houses .status").to_contain_text("Painted.")
    demo.stays_on_the_screen()
    pens = demo.page.locator("#houses .pens button")
    colours = {pen.text_content(): pen.get_attribute("value") for pen in pens.all()}
    hexes = ["#" + images.to_uint8(colour).tobytes().hex() for colour in houses.PALETTE]
    assert colours == dict(zip(houses.CLASSES, hexes, strict=True))
    demo.page.click("#houses >> text=Empty paper")
    comes_to(demo, "houses", 0.5, 0.5, [0, 0, 170])
    demo.page.click("#houses .pens >> text=door")
    draw(demo, (0.8, 0.9), (0.1, 0.1), (0.4, 0.6))  # the box goes from the first place to the last
    comes_to(demo, "houses", 0.6, 0.7, [0, 170, 255])
    assert on_answer(demo, "houses", 0.3, 0.3) == [0, 0, 170]
    painted = demo.page.evaluate("""() => {
        const paper = document.querySelector("#houses canvas");
        const {data} = paper.getContext("2d").getImageData(0, 0, 512, 512);
        return [...new Set(new Uint32Array(data.buffer))].length;
    }""")
    assert painted == 2  # no mixed colours at the edges
    demo.page.click("#houses >> text=Four variants")
    comes_to(demo, "houses", 0.6, 0.7, [255, 0, 170])
    demo.page.check("text=Brush instead of boxes")
    draw(
        demo, (0.8, 0.1), (0.9, 0.1), (0.9, 0.2)
    )  # pix2pix answers again, and the corner stays free
    comes_to(demo, "houses", 0.85, 0.1, [0, 170, 255])
    assert on_answer(demo, "houses", 0.82, 0.18) == [0, 0, 170]
    demo.page.click("#houses >> text=Take back")
    comes_to(demo, "houses", 0.85, 0.1, [0, 0, 170])
    for _ in range(3):  # the box, the empty paper, the example
        demo.page.click("#houses >> text=Take back")
    demo.see("#houses .back").to_be_disabled()


def test_the_keyboard_draws(demo):
    demo.page.click("text=Build a house")
    demo.see("#houses .status").to_contain_text("Painted.")
    demo.page.click("#houses >> text=Empty paper")
    comes_to(demo, "houses", 0.5, 0.5, [0, 0, 170])
    demo.page.locator("#houses canvas").focus()
    for key in ("ArrowUp", " ", *["ArrowRight"] * 6, *["ArrowDown"] * 6):
        demo.page.keyboard.press(key)
    demo.see("#houses .mark.down").to_have_count(1)
    demo.page.keyboard.press(" ")
    comes_to(demo, "houses", 0.6, 0.6, [0, 85, 255])
    assert on_answer(demo, "houses", 0.4, 0.4) == [0, 0, 170]


def test_cells_follow_their_sliders_and_about_tells(demo):
    demo.page.click("text=Cut out cells")
    demo.page.click("#cells >> text=Try an example")
    demo.see("#cells .status").to_contain_text("Cut out 256 × 256 pixels")
    comes_to(demo, "cells", 0.5, 0.5, [64] * 3)
    demo.page.get_by_label("Threshold").fill("0.8")
    comes_to(demo, "cells", 0.5, 0.5, [102] * 3)
    demo.page.click("#cells >> text=About this network")
    told = demo.page.locator("#cells .about").inner_text()
    for words in ("lesson 01", "drawn cells", "4,000 steps", "a cat too"):
        assert words in told, told


# Repainting ---------------------------------------------------------------------------------------


def test_a_picture_is_repainted_in_colour_and_downloaded(demo):
    picture = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    demo.page.click("text=Repaint it")
    demo.page.set_input_files(
        "#repaint input[type=file]",
        {"name": "me.png", "mimeType": "image/png", "buffer": file(picture)},
    )
    demo.see("#repaint .status").to_contain_text("Repainted 160 × 120 pixels")
    demo.see("#repaint .before").to_be_visible()
    demo.stays_on_the_screen()
    with demo.page.expect_download() as download:
        demo.page.click("#repaint >> text=Download")
    assert download.value.suggested_filename == "repainted.png"
    assert np.array_equal(np.asarray(Image.open(download.value.path())), 255 - picture)


def test_a_photograph_to_repaint_and_the_next_one(demo):
    demo.page.click("text=Repaint it")
    demo.page.click("#repaint >> text=Try an example")
    demo.see("#repaint .status").to_contain_text("Repainted 512 × 512 pixels")
    demo.stays_on_the_screen()
    demo.page.click("#repaint >> text=Try another")
    demo.see("#repaint .status").to_contain_text("Repainted 451 × 300 pixels")


# Colouring ----------------------------------------------------------------------------------------


def click(demo, y, x):
    box = demo.page.locator(".hinted").bounding_box()
    demo.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def coloured(demo, said):
    demo.see("#colour .status").to_contain_text(said)
    demo.see("#colour .busy").to_be_hidden()


def colours_at(demo, *places):
    """RGB of the coloured picture at places (y, x), as the browser shows it."""
    return demo.page.evaluate(
        """places => {
        const picture = document.querySelector("#colour .after");
        const canvas = new OffscreenCanvas(100, 100), pen = canvas.getContext("2d");
        pen.drawImage(picture, 0, 0, 100, 100);
        return places.map(([y, x]) => [...pen.getImageData(100 * x, 100 * y, 1, 1).data.slice(0, 3)]);
    }""",
        places,
    )


@pytest.fixture
def grey(demo):
    """A wide picture on the tab."""
    demo.page.click("text=Colour it")
    demo.stays_on_the_screen()
    demo.page.set_input_files(
        "#colour input[type=file]",
        {"name": "old.png", "mimeType": "image/png", "buffer": file(np.full((100, 200), 90, "u1"))},
    )
    coloured(demo, "Coloured 200 × 100 pixels with no hints")
    return demo


def test_hints_are_given_taken_back_cleared_and_saved(grey):
    grey.stays_on_the_screen()
    dots = grey.page.locator("#colour .dot")
    click(grey, 0.3, 0.2)
    coloured(grey, "with 1 hint in")
    grey.page.fill("#colour input[type=color]", "#3c9a2e")
    click(grey, 0.7, 0.8)
    coloured(grey, "with 2 hints in")
    places = (0.3, 0.2), (0.7, 0.8), (0.5, 0.5)
    assert colours_at(grey, *places) == [[217, 48, 44], [60, 154, 46], [90, 90, 90]]
    box, dot = grey.page.locator(".hinted").bounding_box(), dots.nth(1).bounding_box()
    assert dot["x"] + dot["width"] / 2 == pytest.approx(box["x"] + 0.8 * box["width"], abs=1)
    assert dot["y"] + dot["height"] / 2 == pytest.approx(box["y"] + 0.7 * box["height"], abs=1)
    grey.stays_on_the_screen()
    with grey.page.expect_download() as download:
        grey.page.click("#colour >> text=Download")
    assert download.value.suggested_filename == "coloured.png"
    assert Image.open(download.value.path()).getpixel((160, 70)) == (60, 154, 46)
    grey.page.click("#colour >> text=Take back")
    coloured(grey, "with 1 hint in")
    assert colours_at(grey, *places) == [[217, 48, 44], [90, 90, 90], [90, 90, 90]]
    expect(dots).to_have_count(1)
    grey.page.click("#colour >> text=Clear hints")
    coloured(grey, "with no hints")
    expect(dots).to_have_count(0)
    assert colours_at(grey, places[0]) == [[90, 90, 90]]


def test_hints_are_given_with_the_keyboard_and_told(grey):
    heard = grey.page.locator("body").aria_snapshot()
    for line in (
        "textbox",
        'button "Take back"',
        'button "Clear hints"',
        'button "Show in grey"',
        'link "Download"',
        "status: Coloured",
        'application "The coloured picture. A click gives a hint;',
    ):
        assert f"- {line}" in heard, heard
    reached = set()
    for _ in range(12):
        grey.page.keyboard.press("Tab")
        reached.add(grey.page.evaluate("(e => e.className || e.type)(document.activeElement)"))
    assert {"file", "example", "color", "back", "clear", "grey", "button first download"} <= reached
    grey.page.locator(".hinted").focus()
    for key in ["ArrowRight"] * 5 + ["ArrowUp"] * 10:
        grey.page.keyboard.press(key)
    grey.see("#colour .status").to_have_text(
        "The mark is at 60 % from the left and 30 % from the top."
    )
    grey.see("#colour .mark").to_be_visible()
    grey.page.keyboard.press("Enter")
    coloured(grey, "with 1 hint in")
    assert colours_at(grey, (0.3, 0.6)) == [[217, 48, 44]]


def test_refused_hints_and_pictures_leave_what_was_there(grey):
    shown = grey.page.locator("#colour .error")
    grey.page.route("**/colour", lambda route: route.abort())
    click(grey, 0.5, 0.5)
    expect(shown).to_contain_text("course serve")
    grey.see("#colour .dot").to_have_count(0)
    grey.page.unroute("**/colour")
    click(grey, 0.5, 0.5)
    coloured(grey, "with 1 hint in")
    expect(shown).to_be_empty()
    no_picture = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"Dear Sir"}
    grey.page.set_input_files("#colour input[type=file]", no_picture)
    expect(shown).to_contain_text("no PNG, JPEG or TIFF")
    grey.see("#colour .dot").to_have_count(1)
    click(grey, 0.2, 0.2)
    coloured(grey, "200 × 100 pixels with 2 hints in")


def test_a_drawn_landscape_to_colour_and_the_next_one(demo):
    demo.page.click("text=Colour it")
    demo.page.click("#colour >> text=Try an example")
    coloured(demo, "Coloured 256 × 256 pixels with no hints")
    first = demo.page.get_attribute("#colour .before", "src")
    click(demo, 0.4, 0.4)
    coloured(demo, "with 1 hint in")
    demo.page.click("#colour >> text=Show in grey")
    demo.see("#colour .grey").to_have_attribute("aria-pressed", "true")
    demo.page.click("#colour >> text=Try another")
    demo.see("#colour .before").not_to_have_attribute("src", first)
    coloured(demo, "with no hints")
    demo.see("#colour .dot").to_have_count(0)
    demo.see("#colour .grey").to_have_attribute("aria-pressed", "false")
