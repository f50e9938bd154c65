"""The service: every kind of page, every status with its sentence, time, queue, command line."""

import asyncio
import io
import re
import signal
import struct
import subprocess
import sys
import threading
import zlib

import httpx2 as httpx
import numpy as np
import pytesseract
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from course_utils import cli, paths, serve
from course_utils.serve import app as application
from course_utils.serve import pages

HERE = "http://127.0.0.1"
PAGE = np.linspace(0, 255, 24 * 36).reshape(24, 36).astype(np.uint8)


def darker(page):
    """Stands for the network: quick, and its answer is known."""
    return page / 2


def words(page):
    return f"{page.shape[0]} by {page.shape[1]}, {page.mean():.2f}"


def painted(sketch):
    """Stands for the painter: the sketch in red, its negative in blue."""
    return np.stack([sketch, 0 * sketch, 1 - sketch], axis=-1)


def negative(picture):
    return 1 - picture


def dotted(picture, hints=()):
    """Stands for the colouring network: the picture, with each hint's colour at its place."""
    dots = picture.copy()
    for y, x, colour in hints:
        dots[round(y * (len(dots) - 1)), round(x * (dots.shape[1] - 1))] = colour
    return dots


def told(drawing, **given):
    """Stands for the networks that draw four: the drawing, and in its first row what was given."""
    seen = drawing.reshape(*drawing.shape[:2], -1) * np.ones(3)
    for column, value in zip(seen[0], given.values()):
        column[:] = (3 + value) % 10 / 10
    return seen


def service(
    clean=darker,
    read=words,
    limits=pages.Limits(),
    paint=painted,
    repaint=negative,
    colour=dotted,
    faces=told,
    build=told,
    outline=told,
):
    """The service without its networks."""
    given = {"documents": clean, "face_sketch": paint, "style": repaint, "colorization": colour}
    given |= {"psp": faces, "flow": build, "pix2pix": build, "undrawing": repaint}
    given |= {"segmentation": outline}
    networks = {word: network for word, network in given.items() if network}
    return serve.create_app(networks, read, limits)


def caller(app, **options):
    """A program on this computer."""
    return TestClient(app, base_url=HERE, **options)


@pytest.fixture(scope="module")
def client():
    with caller(service()) as client:
        yield client


def file(picture, kind="PNG", **options) -> bytes:
    """A picture (array or Pillow's) as the bytes of a file."""
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def send(client, content, route="/denoise", name="page.png"):
    return client.post(route, files={"file": (name, content)})


def pixels(answer) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.mode) == ("PNG", "L")
    return np.asarray(picture)


def refused(answer, status, *sayings) -> str:
    """The sentence of an error: one, and it says what to do."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"detail"}
    sentence = answer.json()["detail"]
    assert re.fullmatch(r"[^\n]{20,300}\.", sentence) and ". " not in sentence, sentence
    assert all(saying in sentence for saying in sayings), sentence
    return sentence


def png_of(width, height, depth=8, data=b"") -> bytes:
    """A PNG file whose header promises any size at all."""

    def chunk(name, body):
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def tiff_of(width, height, tags=()) -> bytes:
    """A TIFF file of one black strip, with other tags as wished."""
    data = bytes(100)
    tags = {
        256: width,
        257: height,
        258: 8,
        259: 1,
        262: 1,
        273: 0,
        277: 1,
        278: height,
        279: len(data),
        **dict(tags),
    }
    start = 8 + 2 + 12 * len(tags) + 4
    tags[273] = start
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + data


# Sketches -----------------------------------------------------------------------------------------


def test_a_sketch_comes_back_as_a_face_in_colour(client):
    answer = send(client, file(PAGE), "/face", "blob")
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    face = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert face.shape == (*PAGE.shape, 3)
    assert np.array_equal(face[..., 0], PAGE) and np.array_equal(face[..., 2], 255 - PAGE)
    for content, status in ((b"", 422), (b"no picture", 415), (file(PAGE)[:60], 422)):
        assert send(client, content, "/face").status_code == status


def test_sketches_to_change_are_drawn_by_seed(client):
    first, again, other = (pixels(client.get(f"/sketch.png?seed={seed}")) for seed in (3, 3, 4))
    assert first.shape == (256, 256) and np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert client.get("/sketch.png?seed=-1").status_code == 422


# ---- pages that are served


def test_a_page_comes_back_as_grey_png_of_its_size(client):
    assert np.abs(pixels(send(client, file(PAGE))) - PAGE / 2.0).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_the_content_decides_not_the_name(client, kind):
    for name in ("page.txt", "page", "page.png", "../../page.tif"):
        assert np.abs(pixels(send(client, file(PAGE, kind), name=name)) - PAGE / 2.0).max() <= 3


COLOUR = Image.merge("RGB", [Image.fromarray(PAGE)] * 3)
ALPHA = Image.merge("LA", [Image.new("L", (36, 24), 0), Image.fromarray(255 - PAGE)])
RAW = {"I;16": PAGE.astype(np.uint16) * 257, "F": PAGE.astype(np.float32) / 255}
MODES = {
    "RGB": file(COLOUR),
    "CMYK JPEG": file(COLOUR.convert("CMYK"), "JPEG", quality=95),
    "CMYK TIFF": file(COLOUR.convert("CMYK"), "TIFF"),
    "YCbCr TIFF": file(COLOUR.convert("YCbCr"), "TIFF"),
    "palette": file(COLOUR.quantize(256)),
    "progressive JPEG": file(PAGE, "JPEG", quality=95, progressive=True),
    "LZW TIFF": file(PAGE, "TIFF", compression="tiff_lzw"),
    "big-endian TIFF": file(Image.fromarray(RAW["I;16"].astype(">u2")), "TIFF"),
    "two pages": file(PAGE, "TIFF", save_all=True, append_images=[Image.new("L", (9, 9))]),
    "16-bit PNG": file(RAW["I;16"]),
    **{f"{name} TIFF": file(values, "TIFF") for name, values in RAW.items()},
    "RGBA on white": file(ALPHA.convert("RGBA")),
    "LA on white": file(ALPHA),
}


@pytest.mark.parametrize("content", MODES.values(), ids=MODES)
def test_every_mode_gives_the_same_page(client, content):
    assert np.abs(pixels(send(client, content)) - PAGE / 2.0).max() <= 3


def test_one_bit_and_transparent_palette(client):
    bits = Image.fromarray(PAGE > 127)
    assert np.array_equal(pixels(send(client, file(bits))), (PAGE > 127) * 128)
    black = Image.new("P", (3, 2))
    assert (pixels(send(client, file(black, transparency=0))) == 128).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_turned_photograph_comes_back_upright(client, kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the top of the page is at the right
    turned = Image.fromarray(PAGE).rotate(90, expand=True)
    seen = pixels(send(client, file(turned, kind, exif=exif)))
    assert seen.shape == PAGE.shape and np.abs(seen - PAGE / 2.0).max() <= 3


@pytest.mark.parametrize("shape", [(1, 1), (1, 16_000), (16_000, 1), (3, 12_000)])
def test_one_pixel_and_long_strips(client, shape):
    assert (pixels(send(client, file(np.full(shape, 200, np.uint8)))) == 100).all()


@pytest.mark.parametrize(
    "values",
    [
        np.array([[np.nan, 1.0, 0.5]], np.float32),
        np.array([[0.0, 200.0, 255.0]], np.float32),
        np.array([[0, 1000, 65_535]], np.int32),
    ],
)
def test_a_page_whose_white_nobody_knows_is_refused(client, values):
    refused(send(client, file(values, "TIFF")), 422, "nobody knows which one is white")


def test_ocr_reads_the_cleaned_page_and_the_page_as_it_came(client):
    answer = send(client, file(np.full((4, 6), 204, np.uint8)), "/ocr")
    assert answer.json() == {"text": "4 by 6, 0.40", "text_before": "4 by 6, 0.80"}


# ---- pages that are refused, before they cost anything


def test_wrong_empty_missing_and_damaged_files_get_their_sentence(client):
    whole = file(np.random.default_rng(0).integers(0, 255, (90, 90), np.uint8))
    for route in ("/denoise", "/ocr"):
        for other in (b"Dear Sir", b"%PDF-1.7", b"II is a numeral", file(PAGE, "GIF")):
            refused(send(client, other, route), 415, "PNG, JPEG or TIFF")
        refused(send(client, b"", route), 422, "empty")
        for damaged in (
            whole[:40],
            whole[:-300],
            whole[:300] + b"\0" * 99 + whole[400:],
            file(PAGE, "JPEG")[:300],
            file(PAGE, "TIFF")[:90],
        ):
            refused(send(client, damaged, route), 422, "damaged or cut off")
        for form in ({"data": {"file": "text"}}, {"files": {"page": whole}}, {"json": {}}, {}):
            refused(client.post(route, **form), 422, 'named "file"', "multipart")
        broken = {"content": b"x", "headers": {"content-type": "multipart/form-data"}}
        refused(client.post(route, **broken), 400, 'named "file"')


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((10_000, 10_000), "10000×10000"),
        ((65_535, 1), "65535×1"),
        ((4001, 5000), "4001×5000"),
        ((2**31 - 1, 2**31 - 1), "100 mega"),
    ],
)
def test_too_many_pixels_are_refused_by_the_header(client, size, said):
    """The files hold no pixels: whoever decoded them would call them damaged."""
    refused(send(client, png_of(*size)), 413, said, "20 megapixels")
    refused(send(client, png_of(5000, 4000)), 422, "damaged")


def test_a_jpeg_and_a_tiff_bomb_are_refused_by_the_header(client):
    jpeg = bytearray(file(PAGE, "JPEG"))
    place = jpeg.index(b"\xff\xc0")
    jpeg[place + 5 : place + 9] = struct.pack(">HH", 10_000, 10_000)
    refused(send(client, bytes(jpeg)), 413, "10000×10000")
    refused(send(client, tiff_of(10_000, 10_000)), 413, "10000×10000")
    assert pixels(send(client, tiff_of(10, 10))).shape == (10, 10)


def test_small_files_that_ask_for_much_work_are_refused(client):
    tile = {322: 30_000, 323: 30_000, 324: 8, 325: 100, 259: 8}  # 10×10 pixels in a tile of 900 MB
    refused(send(client, tiff_of(10, 10, tile)), 413, "megapixels")
    jpeg = file(np.zeros((90, 90), np.uint8), "JPEG", progressive=True)
    last, end = jpeg.rindex(b"\xff\xda"), jpeg.rindex(b"\xff\xd9")
    assert (pixels(send(client, jpeg[:last] + 9 * jpeg[last:end] + jpeg[end:])) == 0).all()
    refused(send(client, jpeg[:last] + 999 * jpeg[last:end] + jpeg[end:]), 422, "damaged")


def test_a_body_that_is_too_long_is_refused_however_it_comes():
    app = service(limits=pages.Limits(bytes=20_000))
    drawn = []

    async def chunks():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        for _ in range(10_000):
            drawn.append(1)
            yield b"x" * 1000

    async def play(client):
        kind = {"content-type": "multipart/form-data; boundary=b"}
        large = file(np.random.default_rng(0).integers(0, 255, (150, 150), np.uint8))
        refused(await send(client, large), 413, "0.02 MB")
        refused(await client.post("/denoise", content=chunks(), headers=kind), 413, "0.02 MB")
        assert 20 < len(drawn) < 210  # an endless body is not read to its end
        assert pixels(await send(client, file(PAGE))).shape == PAGE.shape

    asyncio.run(calls(app, play))


def test_paths_methods_and_queries_get_a_sentence_too(client):
    refused(client.get("/nothing"), 404, "/nothing", "/docs")
    refused(client.get("/static/nothing.js"), 404, "/static/nothing.js")
    answer = client.get("/denoise")
    refused(answer, 405, "GET", "/denoise")
    assert answer.headers["allow"] == "POST"
    for seed in ("-1", "x", str(2**31)):
        refused(client.get(f"/example.png?seed={seed}"), 422, "seed")


# ---- time, queue, faults inside


def slow_app(limits):
    """An app whose network keeps `PAGE` until `door` opens."""
    door = threading.Event()

    def clean(page):
        assert page.shape != PAGE.shape or door.wait(20)
        return page

    return service(clean, limits=limits), door


async def calls(app, play):
    """Run `play(client)` against the app in one event loop."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        return await play(client)


def test_health_answers_while_pages_are_cleaned_and_the_queue_has_an_end():
    app, door = slow_app(pages.Limits(waiting=3))

    async def play(client):
        jobs = {asyncio.create_task(send(client, file(PAGE))) for _ in range(4)}
        refusals, served = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        health = await client.get("/health")
        door.set()
        return health, await asyncio.gather(*refusals), await asyncio.gather(*served)

    health, [late], served = asyncio.run(calls(app, play))
    assert health.json() == {"status": "ok", "model": "06_denoiser", "loaded": True}
    refused(late, 503, "waiting", "again")
    assert int(late.headers["retry-after"]) >= 1
    assert [pixels(answer).shape for answer in served] == [PAGE.shape] * 3


def test_a_page_that_takes_too_long_gets_a_sentence_and_the_next_is_served():
    app, door = slow_app(pages.Limits(seconds=0.3))

    async def play(client):
        answers = [await send(client, file(page)) for page in (PAGE, PAGE[:9])]
        door.set()
        return answers

    late, served = asyncio.run(calls(app, play))
    refused(late, 504, "0.3 seconds", "smaller")
    assert pixels(served).shape == (9, 36)


def test_an_upload_that_stalls_gets_a_sentence():
    app = service(limits=pages.Limits(upload=0.2))

    async def stalled():
        yield b"--b\r\n"
        await asyncio.sleep(5)

    async def play(client):
        kind = {"content-type": "multipart/form-data; boundary=b"}
        return await client.post("/denoise", content=stalled(), headers=kind)

    refused(asyncio.run(calls(app, play)), 504, "0.2 seconds")


def test_a_fault_inside_is_a_sentence_and_the_service_goes_on():
    def clean(page):
        if page.shape == PAGE.shape:
            raise RuntimeError("a secret path")
        return page

    client = caller(service(clean), raise_server_exceptions=False)
    assert "secret" not in refused(send(client, file(PAGE)), 500, "another page")
    assert pixels(send(client, file(PAGE[:9]))).shape == (9, 36)


def test_reading_has_narrower_limits_than_cleaning(client):
    """Tesseract gets pages twice as large."""
    large = file(np.full((3000, 4000), 200, np.uint8))
    refused(send(client, large, "/ocr"), 413, "10 megapixels")
    assert (pixels(send(client, large)) == 100).all()


def test_without_tesseract_ocr_says_so_and_cleaning_works(monkeypatch):
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-program")
    client = caller(service(read=None))
    refused(send(client, file(PAGE), "/ocr"), 503, "Tesseract", "install")
    assert pixels(send(client, file(PAGE))).shape == PAGE.shape


# ---- start


def test_what_is_not_given_is_loaded_once_at_the_start_and_run(monkeypatch):
    loads, shapes = [], []

    def load():
        loads.append(1)
        return lambda picture: shapes.append(picture.shape) or picture

    sizes = [(5, 4), (3, 3), *[(side, side, 3) for side in range(4, 11)]]
    for room, shape in zip(application.NETWORKS.values(), sizes, strict=True):
        monkeypatch.setattr(room, "load", load)
        monkeypatch.setattr(room, "SHAPE", shape)
    app = service(clean=None, paint=None)
    assert caller(app).get("/health").json()["loaded"] is False
    with caller(app) as client:
        assert client.get("/health").json()["loaded"] is True
        assert shapes == [(5, 4), (3, 3)]  # the others were given
        for route in ("/denoise", "/face", "/repaint"):
            assert send(client, file(PAGE), route).status_code == 200
    assert len(loads) == 2 and len(shapes) == 4


def test_the_package_loads_without_the_network():
    code = "import sys, course_utils.serve; print({'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stdout + done.stderr


def test_openapi_names_every_status(client):
    routes = client.get("/openapi.json").json()["paths"]
    assert set(routes) == {
        "/health",
        "/denoise",
        "/ocr",
        "/face",
        "/sketch.png",
        "/example.png",
        "/repaint",
        "/photograph.png",
        "/colour",
        "/grey.png",
        "/faces",
        "/lines.png",
        "/houses",
        "/house",
        "/labels.png",
        "/undraw",
        "/portrait.png",
        "/cells",
        "/field.png",
    }
    for path in ("/denoise", "/ocr", "/face", "/repaint", "/colour", "/faces", "/houses"):
        assert set(routes[path]["post"]["responses"]) == set(
            "200 400 403 413 415 422 503 504".split()
        )
    assert set(routes["/denoise"]["post"]["responses"]["200"]["content"]) == {"image/png"}
    assert all(route["description"] for methods in routes.values() for route in methods.values())


def test_the_demo_page_and_its_files_name_no_other_server(client):
    for path in ("/", "/docs"):
        text = client.get(path).text
        files = re.findall(r'(?:src|href)="(static/[^"]+)"', text)
        assert files
        for said in [text, *(client.get(f"/{name}").raise_for_status().text for name in files)]:
            assert set(re.findall(r"https?://[^'\"\s)]*", said)) <= {"http://www.w3.org/2000/svg"}


def test_the_command_line_names_what_is_wrong(capsys):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.main(["serve", "--port", port]) == 1
    assert re.search(rf"Port {port} is taken.*--port", capsys.readouterr().err)
    assert cli.main(["serve", "--port", "99999"]) == 1
    assert "99999" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_serves_the_shipped_network():
    """The real thing: `course serve`, a damaged page, and back comes a cleaner one."""
    from drawn_worlds import documents

    command = [sys.executable, "-m", "course_utils", "serve", "--port", "0"]
    server = subprocess.Popen(command, cwd=paths.ROOT, text=True, stdout=subprocess.PIPE)
    try:
        said = ""
        while "/docs" not in said:
            line = server.stdout.readline()
            assert line, said
            said += line
        address = re.search(r"http://127.0.0.1:\d+", said)[0]
        with httpx.Client(base_url=address, timeout=30) as client:
            assert client.get("/health").json()["loaded"] is True
            page = documents.document(3)
            dirty = pages.decode(client.get("/example.png?seed=3").content)
            clean = pixels(send(client, pages.encode(dirty))) / 255
            assert np.abs(clean - page.clean).mean() < 0.5 * np.abs(dirty - page.clean).mean()
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 130
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
