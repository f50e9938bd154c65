"""What strangers send: the service's own description fuzzed, crowds, damaged files, memory."""

import contextlib
import io
import socket
import subprocess
import sys
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import hypothesis
import numpy as np
import psutil
import pytest
import schemathesis
from hypothesis import strategies
from PIL import Image
from test_serve import HERE, PAGE, file, pixels, png_of, refused, send, service, tiff_of

from course_utils import paths

SERVER = """
import sys
sys.path.insert(0, "tests")
from test_serve import service
from course_utils.serve import server
server.Server(service()).run(sockets=[server.listen({port})])
"""
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def server():
    """A real server in a process of its own: (client, process)."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVER.format(port=port)], cwd=paths.ROOT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            for _ in range(300):
                with contextlib.suppress(httpx.TransportError):
                    client.get("/health").raise_for_status()
                    break
                assert process.poll() is None
                time.sleep(0.1)
            yield client, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


# ---- the description, fuzzed


def pages():
    """Pages of small sizes, as files of all three kinds."""
    sides = strategies.integers(1, 40)
    return strategies.builds(
        lambda height, width, kind: file(np.full((height, width), 99, np.uint8), kind),
        sides,
        sides,
        strategies.sampled_from(["PNG", "JPEG", "TIFF"]),
    )


for kind in ("png", "jpeg", "tiff"):
    schemathesis.openapi.media_type(f"image/{kind}", pages())
api = schemathesis.openapi.from_asgi("/openapi.json", service(), headers={"Host": "127.0.0.1"})
api.config.generation.update(deterministic=True)


@pytest.fixture
def statuses():
    """Filled while a route is fuzzed: both work and refusals must have been reached."""
    seen = set()
    yield seen
    assert {200, 405} <= seen


@api.include(path=["/denoise", "/ocr", "/face", "/faces", "/houses", "/health"]).parametrize()
@hypothesis.settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_the_service_keeps_to_its_description(case, statuses):
    """Good and bad data: no fault inside, and each answer is one that the description names."""
    statuses.add(case.call_and_validate(base_url=HERE).status_code)


# ---- a crowd


def test_sixteen_at_once_are_all_served(server):
    client, _ = server
    noise = np.random.default_rng(0).integers(0, 255, (16, 420, 540), np.uint8)
    with ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda page: send(client, file(page)), noise))
    for page, answer in zip(noise, answers):
        assert np.abs(pixels(answer) - page / 2.0).max() <= 1


def test_who_hangs_up_does_no_harm(server):
    client, _ = server
    for length in (10, 50_000):
        with socket.create_connection((client.base_url.host, client.base_url.port)) as caller:
            caller.sendall(
                b"POST /denoise HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + b"x" * length
            )
    assert client.get("/health").status_code == 200


# ---- damaged files


def bombs():
    """Small files that ask for much, and odd ones, with the statuses that are right for them."""
    flat = zlib.compress(bytes(4001 * 4000), 9)  # 16 megapixels in 16 kB: allowed
    yield png_of(4000, 4000, data=flat), {200}
    yield png_of(30, 30, data=flat), {200, 422}  # far more rows than promised
    yield png_of(60_000, 60_000, data=flat), {413}
    yield png_of(0, 0), {415, 422}
    yield tiff_of(2**31, 2**31), {413, 415, 422}
    yield tiff_of(10, 10, {273: 2**32 - 1}), {200, 422}
    yield tiff_of(10, 10, {279: 2**32 - 1, 278: 2**32 - 1}), {200, 422}
    yield tiff_of(10, 10, {277: 60_000, 258: 64}), {415, 422}
    yield tiff_of(10, 10, {274: 99, 330: 8, 34665: 8, 700: 2**31}), {200, 422}
    many = [Image.new("L", (8, 8))] * 300
    yield file(Image.new("L", (8, 8)), "TIFF", save_all=True, append_images=many), {200}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("page.png", bytes(20 * MEGABYTE))
    yield packed.getvalue(), {415}
    yield bytes(9 * MEGABYTE), {415}
    yield bytes(11 * MEGABYTE), {413}


def damaged(count):
    """Seeded damage: pages of all kinds cut off, with bits flipped, with parts swapped."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (60, 80), np.uint8)
    grey = Image.fromarray(noise)
    whole = [
        file(grey),
        file(grey.quantize(9)),
        file(noise.astype(np.uint16) * 200),
        file(grey, "JPEG"),
        file(grey.convert("CMYK"), "JPEG", progressive=True),
        *(
            file(grey, "TIFF", compression=how)
            for how in (None, "tiff_lzw", "tiff_deflate", "jpeg", "packbits")
        ),
    ]
    for number in range(count):
        content = bytearray(whole[number % len(whole)])
        how = number // len(whole) % 3
        if how == 0:
            del content[rng.integers(len(content)) :]
        elif how == 1:
            for place in rng.integers(0, len(content) * 8, rng.integers(1, 30)):
                content[place // 8] ^= 1 << place % 8
        else:
            start, end = sorted(rng.integers(0, len(content), 2))
            content[start:end] = rng.bytes(end - start)
        yield bytes(content), {200, 413, 415, 422}


@pytest.mark.slow
def test_two_hundred_damaged_files_and_bombs_leave_the_service_standing(server):
    """No answer but a picture or a sentence, and the server does not grow."""
    client, process = server

    def play(files):
        for content, right in files:
            answer = send(client, content)
            assert answer.status_code in right, (answer.text, content[:60])
            pixels(answer) if answer.status_code == 200 else refused(answer, answer.status_code)

    with ThreadPoolExecutor(3) as crowd:  # each of the server's threads has had large pages
        list(crowd.map(lambda _: play(bombs()), range(3)))
    before = process.memory_info().rss
    play(damaged(200))
    play(bombs())
    assert pixels(send(client, file(PAGE))).shape == PAGE.shape
    grown = (process.memory_info().rss - before) / MEGABYTE
    assert grown < 50, f"The server grew by {grown:.0f} MB."
