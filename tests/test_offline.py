"""The gate's guard against the network really guards, and lets the kernel's loopback through."""

import os
import subprocess
import sys

import pytest

from course_utils import paths

SEEN = "import os; assert 'PYTEST_CURRENT_TEST' not in os.environ"  # ipykernel asks for it
LOCAL = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
socket.create_connection(("localhost", server.getsockname()[1]))
"""


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (LOCAL, True),
        (SEEN, True),
        ("import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)", False),
        ("import socket; socket.getaddrinfo('example.org', 80)", False),
        ("import urllib.request as u; u.urlopen('http://example.org')", False),
    ],
)
def test_only_loopback_gets_through(code, allowed):
    environment = dict(os.environ, PYTHONPATH=str(paths.ROOT / "tools" / "offline"))
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert (done.returncode == 0) is allowed, done.stderr
    assert allowed or "The gate runs without network" in done.stderr
