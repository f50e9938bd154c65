"""A hub on loopback, as deploy/ configures it, and students who use it by HTTP as a browser does."""

import contextlib
import html
import json
import os
import re
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import javascript
import psutil
import requests
import websocket

from course_utils import paths

PASSWORD = "try the course"
CONFIG = paths.ROOT / "deploy" / "jupyterhub_config.py"
COPY = "image-to-image"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all of them different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def hub(state: Path, config: Path = CONFIG, **settings: str):
    """A running hub, (its address, its process); nothing of it is left afterwards."""
    port, inner, proxy = free_ports(3)
    settings = {"PASSWORD": PASSWORD, "PORT": str(port), "STATE": str(state)} | settings
    variables = {f"COURSE_HUB_{name}": value for name, value in settings.items()}
    variables["PATH"] = os.pathsep.join([str(javascript.proxy()), os.environ["PATH"]])
    variables["PYTHONPATH"] = str(paths.ROOT)
    command = ["setpriv", "--pdeathsig", "TERM"]  # it ends with this process, whatever ends that
    command += [sys.executable, "-m", "jupyterhub", "--config", str(config)]
    command += [f"--JupyterHub.hub_port={inner}"]
    command += [f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy}"]
    address, log = f"http://127.0.0.1:{port}", state / "log"
    with log.open("wb") as lines:
        process = psutil.Popen(command, env=os.environ | variables, stdout=lines, stderr=lines)
    try:
        until(lambda: answers(address) or process.poll() is not None, 60)
        assert answers(address), log.read_text()[-3000:]
        yield address, process
    finally:
        left = ended(process)
    assert not left, f"These processes outlived the hub: {left}"


def answers(address: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"{address}/hub/login", timeout=10).ok
    return False


def ended(process: psutil.Process) -> list[str]:
    """End a hub as its owner would, by one signal; the names of what had to be killed after that."""
    below = []
    with contextlib.suppress(psutil.NoSuchProcess):
        below = process.children(recursive=True)
        process.send_signal(signal.SIGTERM)
    left = psutil.wait_procs([process, *below], timeout=60)[1]
    for one in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    return [str(one) for one in left]


def until(happened, seconds: float, pause: float = 0.5):
    """What `happened` returns once it is true; AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, f"nothing for {seconds:.0f} seconds"
        time.sleep(pause)
    return found


@dataclass
class Student:
    """Somebody who signs in to the hub at `address` under a `name`."""

    address: str
    name: str

    def __post_init__(self):
        self.browser = requests.Session()
        form = self.browser.get(f"{self.address}/hub/login")
        fields = {"username": self.name, "password": PASSWORD}
        fields["_xsrf"] = self.browser.cookies["_xsrf"]
        home = self.browser.post(form.url, data=fields)
        assert home.url.endswith("/hub/home"), home.url
        links = re.findall(r'href="(/hub/user-redirect/[^"]+)"', home.text)
        self.links = [self.address + html.unescape(link) for link in links]

    def token(self) -> str:
        """A token of the student's own, as the hub's page "Token" makes it."""
        secret = self.browser.cookies.get("_xsrf", path="/hub/")
        url = f"{self.address}/hub/api/users/{self.name}/tokens"
        return self.browser.post(url, json={}, headers={"X-XSRFToken": secret}).json()["token"]

    def arrive(self) -> "Student":
        """Follow the link of lesson 00 until server and course are there."""
        mine = f"{self.address}/user/{self.name}/"
        until(lambda: self.browser.get(self.links[0]).url.startswith(mine), 240, 2)
        self.browser.headers["Authorization"] = f"token {self.token()}"
        self.mine = mine
        wanted = {key: value[0] for key, value in parse_qs(urlsplit(self.links[0]).query).items()}
        self.page = wanted["urlpath"].removeprefix("lab/tree/")
        pulled = self.browser.get(f"{mine}git-pull/api", params=wanted, timeout=240)
        assert '"phase": "finished"' in pulled.text, pulled.text[-2000:]
        return self

    def ask(self, method: str, path: str, **options):
        """What the student's own server answers."""
        answer = self.browser.request(method, self.mine + path, timeout=120, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def kernel(self, path: str) -> str:
        """The id of a new kernel for a notebook."""
        wanted = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        return self.ask("POST", "api/sessions", json=wanted)["kernel"]["id"]

    def run(self, kernel: str, cells: list[str], seconds: float) -> dict:
        """Run cells one after the other; the last one's reply, with what was printed as "text"."""
        url = f"ws{self.mine.removeprefix('http')}api/kernels/{kernel}/channels"
        signed = [f"Authorization: {self.browser.headers['Authorization']}"]
        text, end = "", time.monotonic() + seconds
        with contextlib.closing(websocket.create_connection(url, header=signed)) as wire:
            for cell in cells:
                said, reply = answered(wire, cell, end)
                text += said
                if reply["status"] != "ok":
                    break
        return reply | {"text": text}

    def lesson(self, seconds: float) -> dict:
        """Run the notebook that the link names, from its first cell to its last."""
        notebook = self.ask("GET", f"api/contents/{self.page}")["content"]
        cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
        return self.run(self.kernel(self.page), cells, seconds)


def answered(wire, code: str, end: float) -> tuple[str, dict]:
    """(what a cell prints, the kernel's reply); with the "ename" DeadKernel where the kernel dies of it."""
    header = {"msg_id": os.urandom(8).hex(), "msg_type": "execute_request", "username": ""}
    header |= {"session": "", "version": "5.3", "date": ""}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    request = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    wire.send(json.dumps(request | {"channel": "shell"}))
    text, reply = "", None
    while reply is None:
        wire.settimeout(max(1, end - time.monotonic()))
        message = json.loads(wire.recv())
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] in ("restarting", "dead"):
            return text, {"status": "error", "ename": "DeadKernel"}
        if message["parent_header"].get("msg_id") == header["msg_id"]:
            text += content["text"] if kind == "stream" else ""
            reply = content if kind == "execute_reply" else None
    return text, reply
