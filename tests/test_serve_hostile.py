"""The service among strangers: other sites' pages, hostile files, crowds, stalls, signals."""

import asyncio
import contextlib
import io
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import numpy as np
import psutil
import pytest
from PIL import Image
from test_serve import PAGE, caller, calls, file, pixels, refused, send, service, tiff_of
from test_serve_robust import bombs, server  # noqa: F401  (a fixture)

from course_utils import cli, paths
from course_utils.serve import app as application
from course_utils.serve import networks, pages
from course_utils.serve import server as serving

ROUTES = ("/denoise", "/ocr", "/face", "/repaint", "/colour", "/faces", "/houses")

# ---- who may call


@pytest.fixture(scope="module")
def client():
    with caller(service()) as client:
        yield client


GETS = (
    "/",
    "/docs",
    "/health",
    "/openapi.json",
    "/static/page.js",
    "/nothing",
    "/example.png",
    "/static/nothing",
)
HOSTS = ("127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]", "[::1]:65535")
OTHERS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8000",
    "127.0.0.1:",
    "evil@127.0.0.1",
    "localhost:8000:8000",
    "127.0.0.2",
    "127.1",
    "0.0.0.0",
    "::1",
    "[::2]",
    "",
    "localhost, evil.example",
    "localhost:123456",
    "192.168.0.1",
    "localhost ",
)


@pytest.mark.parametrize("host", HOSTS)
def test_this_machines_names_are_answered_at_any_port(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200
    own = {"Host": host, "Origin": f"http://{host.lower()}", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/denoise", files={"file": file(PAGE)}, headers=own)
    assert pixels(answer).shape == PAGE.shape


@pytest.mark.parametrize("host", OTHERS)
def test_other_names_are_refused_on_every_route(client, host):
    for path in GETS:
        refused(client.get(path, headers={"Host": host}), 403, "this computer")
    for route in ROUTES:
        refused(client.post(route, files={"file": file(PAGE)}, headers={"Host": host}), 403)


def test_two_hosts_and_none_are_refused():
    def status(headers):
        async def play():
            sent = []
            scope = {
                "type": "http",
                "method": "GET",
                "path": "/health",
                "query_string": b"",
                "headers": headers,
            }

            async def send(message):
                sent.append(message)

            await service()(scope, None, send)
            return sent[0]["status"]

        return asyncio.run(play())

    assert status([(b"host", b"localhost")]) == 200
    assert status([]) == status([(b"host", b"localhost")] * 2) == 403
    assert status([(b"host", b"localhost"), (b"host", b"evil.example")]) == 403
    assert status([(b"host", b"localhost"), *[(b"origin", b"http://localhost")] * 2]) == 403


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"Origin": origin}
            for origin in (
                "null",
                "http://evil.example",
                "https://127.0.0.1",
                "http://127.0.0.1:8888",
                "127.0.0.1",
                "http://127.0.0.1.evil.example",
                "http://localhost:3000",
                "http://127.0.0.1/",
                "file://",
            )
        ),
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "iframe"},
    ],
    ids=str,
)
def test_other_sites_pages_are_refused(client, headers):
    for path in GETS:
        refused(client.get(path, headers=headers), 403, "its own page")
    for route in ROUTES:
        refused(client.post(route, files={"file": file(PAGE)}, headers=headers), 403)


def test_a_link_from_another_site_leads_to_the_demo_page(client):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=link).status_code == 200
    form = {**link, "Origin": "http://evil.example"}
    refused(client.post("/denoise", files={"file": file(PAGE)}, headers=form), 403)


# ---- crowds


def test_large_pages_are_queued_or_refused_at_once_and_small_ones_pass_them():
    door = threading.Event()
    small, page = PAGE[:2, :2], file(PAGE)
    limits = pages.Limits(small=300, queue=4 * PAGE.size)

    def clean(page):
        assert page.shape == small.shape or door.wait(20)
        return page

    async def play(client):
        crowd = [asyncio.create_task(send(client, page)) for _ in range(16)]
        while sum(job.done() for job in crowd) < 12:
            await asyncio.sleep(0.01)
        assert pixels(await send(client, file(small))).shape == small.shape
        assert (await client.get("/health")).status_code == 200
        refusals = [job.result() for job in crowd if job.done()]
        door.set()
        return refusals, await asyncio.gather(*crowd)

    refusals, answers = asyncio.run(calls(service(clean, limits=limits), play))
    for refusal in refusals:
        refused(refusal, 503, "large pages are waiting", "smaller")
        assert int(refusal.headers["retry-after"]) >= 1
    assert sum(answer.status_code == 200 for answer in answers) == 4
    assert len(refusals) == 12


def test_a_page_above_the_whole_queue_is_served_where_nothing_waits():
    with caller(service(limits=pages.Limits(small=300, queue=10))) as client:
        assert pixels(send(client, file(PAGE))).shape == PAGE.shape


@pytest.mark.slow
def test_sixteen_pages_of_20_megapixels_at_once(server):  # noqa: F811
    """Through the real server, without a network: some are served, memory and /health stay."""
    client, process = server
    page = file(np.zeros((4000, 5000), np.uint8))
    with ThreadPoolExecutor(16) as crowd, heart(client.base_url) as beats:
        answers = list(crowd.map(lambda _: send(client, page), range(16)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert sum(answer.status_code == 200 for answer in answers) >= 4
    assert max(beats) < 1
    assert peak(process) < 3000


@contextlib.contextmanager
def heart(address):
    """Meanwhile /health is asked; yields the seconds of each answer."""
    beats, over = [], threading.Event()

    def beat():
        with httpx.Client(base_url=address, timeout=20) as client:
            while not over.wait(0.05):
                start = time.perf_counter()
                client.get("/health").raise_for_status()
                beats.append(time.perf_counter() - start)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield beats
    finally:
        over.set()
        thread.join()


def from_here_on() -> float:
    """The memory that this process has, in MB; its `peak` is that from here on, where Linux lets one."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as marks:
        marks.write("5")
    return psutil.Process().memory_info().rss / 2**20


def peak(process) -> float:
    """The most memory that a process ever had, in MB; what it has now where nobody says."""
    with contextlib.suppress(OSError), open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024
    return process.memory_info().rss / 2**20


# ---- half-sent heads and bodies, small answers


@pytest.fixture
def quick(monkeypatch):
    """A server in this process that waits for little: its address as (host, port)."""
    monkeypatch.setattr(serving, "HEADERS", 0.3)
    door = serving.listen(0)
    address = door.getsockname()
    inside = serving.Server(service(limits=pages.Limits(upload=0.3)))
    thread = threading.Thread(target=inside.run, kwargs={"sockets": [door]})
    thread.start()
    yield address
    inside.should_exit = True
    thread.join(20)


BODY = (
    b"POST /denoise HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
)
WHOLE = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET /health HTTP/1.1\r\nHost: loc", b""),
        (BODY, b"HTTP/1.1 504"),
        (WHOLE + WHOLE[:20], b"HTTP/1.1 200"),
    ],
)
def test_half_sent_heads_and_bodies_time_out(quick, sent, answer):
    with socket.create_connection(quick, timeout=20) as call:
        call.sendall(sent)
        got = b"".join(iter(lambda: call.recv(10_000), b""))  # until the server hangs up
    assert got.startswith(answer) and bool(got) == bool(answer)


def test_a_head_that_trickles_in_times_out(quick):
    with socket.create_connection(quick, timeout=20) as call:
        start = time.perf_counter()
        with contextlib.suppress(OSError):
            for letter in 400 * b"x":
                call.sendall(bytes([letter]))
                time.sleep(0.05)
        assert time.perf_counter() - start < 10


def test_small_answers_go_out_at_once_on_a_kept_connection(quick):
    """Without TCP_NODELAY each waits 40 ms for the other side's acknowledgement."""
    seconds = []
    with httpx.Client(base_url=f"http://{quick[0]}:{quick[1]}") as client:
        for _ in range(20):
            start = time.perf_counter()
            client.get("/health").raise_for_status()
            seconds.append(time.perf_counter() - start)
    assert min(seconds[1:]) < 0.03


# ---- start and stop

SLOW = """
import sys, time
sys.path.insert(0, "tests")
from course_utils import cli
from course_utils.serve import app
app.load = lambda words=None: dict.fromkeys(app.NETWORKS, lambda page: time.sleep(30))
sys.exit(cli.main(["serve", "--port", "0"]))
"""


@pytest.mark.parametrize(
    ("signals", "status"),
    [([signal.SIGINT], 130), ([signal.SIGTERM], 143), ([signal.SIGINT] * 2, 130)],
)
def test_signals_end_it_in_three_seconds_while_pages_are_worked_on(signals, status):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW],
        cwd=paths.ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        said = "".join(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
        address = re.search(r"http://127.0.0.1:\d+", said)[0]
        with ThreadPoolExecutor(4) as crowd, httpx.Client(base_url=address, timeout=20) as client:
            jobs = [crowd.submit(send, client, file(PAGE)) for _ in range(4)]
            time.sleep(1)
            start = time.perf_counter()
            for number in signals:
                process.send_signal(number)
                time.sleep(0.3)
            assert process.wait(20) == status
            assert time.perf_counter() - start < 3
            for job in jobs:
                refused(job.result(), 503, "being stopped")
        assert process.stderr.read() == "\nStopped.\n"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_missing_and_damaged_networks_are_named_at_the_start(tmp_path, monkeypatch, capsys):
    shutil.copytree(paths.CHECKPOINTS, tmp_path / "networks")
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path / "networks")
    (paths.CHECKPOINTS / "03_pix2pix_back.npz").unlink()
    waves = paths.CHECKPOINTS / "04_waves.npz"
    waves.write_bytes(waves.read_bytes()[:-9])
    assert cli.main(["serve", "--port", "0"]) == 1
    first, second = capsys.readouterr().err.splitlines()[-2:]
    assert re.search(r"03_pix2pix_back\.npz.* missing.*`.+`.*\.$", first)
    assert re.search(r"04_waves\.npz.* damaged.*`.+`.*\.$", second)


# ---- hostile files through the shipped networks


def shapes():
    """Strips and dots: (height, width)."""
    return [(1, 1), (1, 16_000), (16_000, 1), (2, 9), (700, 3), (65_500, 1), (1, 65_500)]


def drawn(mode, shape):
    """A picture of noise in one of Pillow's modes."""
    values = np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 4), np.uint8)
    if mode in ("I;16", "I"):
        return Image.fromarray(values[..., 0].astype(np.uint16 if mode == "I;16" else np.int32))
    if mode == "F":
        return Image.fromarray(values[..., 0] / np.float32(255))
    return Image.fromarray(values).convert("RGB").convert(mode)


def hostile():
    """Files of all modes, depths and kinds in the oddest shapes; then bombs; seeded."""
    kinds = {
        "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
        "JPEG": ("L", "RGB", "CMYK"),
        "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    }
    for kind, modes in kinds.items():
        for number, mode in enumerate(modes):
            for shape in shapes()[number % 2 :: 2]:
                yield file(drawn(mode, shape), kind)
    for number, (content, _) in enumerate(bombs()):
        if number:  # the first is 16 honest megapixels
            yield content
    places = struct.pack("<I", 8) * 200_000
    yield tiff_of(10, 10, {273: 8, 278: 1}) + places
    yield many_strips(places)
    yield file(np.zeros((4, 5), np.uint8), "TIFF", tiffinfo={305: "x" * 1_000_000})


def many_strips(places):
    """A TIFF of 10×10 pixels that claims a strip for each place."""
    count, start = len(places) // 4, 8 + len(places)
    tags = {
        256: (1, 10),
        257: (1, 10),
        258: (1, 8),
        259: (1, 1),
        262: (1, 1),
        273: (count, 8),
        277: (1, 1),
        278: (1, 1),
        279: (count, 8),
    }
    entries = b"".join(struct.pack("<HHII", tag, 4, *tags[tag]) for tag in sorted(tags))
    head = b"II*\0" + struct.pack("<I", start) + places
    return head + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)


@pytest.mark.slow
def test_hostile_files_get_a_picture_or_a_sentence_on_every_route():
    """With the shipped networks, in bounded memory; each file on two routes, in turn on all."""
    before = from_here_on()  # with all that earlier tests have left
    with caller(networked()) as client:
        for number, content in enumerate(hostile()):
            for route in (ROUTES[number % len(ROUTES)], "/face"):
                answer = send(client, content, route)
                assert answer.status_code in (200, 413, 415, 422), (route, content[:60])
                if answer.status_code != 200:
                    refused(answer, answer.status_code)
                elif route != "/ocr":
                    Image.open(io.BytesIO(answer.content)).load()
    assert peak(psutil.Process()) - before < 2000  # beside about 900 that a server starts with


def networked():
    """The service with the shipped networks; what Tesseract would read isn't asked."""
    loaded = application.load()
    return service(
        loaded["documents"],
        paint=loaded["face_sketch"],
        repaint=loaded["style"],
        colour=loaded["colorization"],
        faces=loaded["psp"],
        build=loaded["flow"],
    )


def test_pictures_of_many_sizes_are_seen_in_few():
    """oneDNN keeps plans for each size: the networks see some dozens, and strips stay strips."""
    seen = set()
    rounded = networks.in_few_sizes(lambda page: seen.add(page.shape) or page)
    for height, width in np.random.default_rng(0).integers(1, 1025, (500, 2)):
        page = np.arange(height * width, dtype=np.float32).reshape(height, width)
        assert np.array_equal(rounded(page), page)
    assert len(seen) <= 15**2
    rounded(np.zeros((1, 16_000), np.float32))
    assert (1, 16_000) in seen
