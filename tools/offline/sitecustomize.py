"""On PYTHONPATH, this cuts a Python process off the network, loopback excepted.

The gate executes all notebooks with it, so that a lesson which needs the network fails, and one in
which a library writes a line of its own shows it, as it does in JupyterLab.
"""

import ipaddress
import os
import socket

os.environ.pop("PYTEST_CURRENT_TEST", None)  # a kernel that finds it shows what Python prints only

_connect, _connect_ex, _getaddrinfo = (
    socket.socket.connect,
    socket.socket.connect_ex,
    socket.getaddrinfo,
)


def _is_local(host) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        text = host.decode() if isinstance(host, bytes) else host
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _check(host) -> None:
    if not _is_local(host):
        raise OSError(f"The gate runs without network, and this wanted to reach {host!r}.")


def _guarded(original):
    def connect(self, address):
        if self.family != getattr(socket, "AF_UNIX", None):
            _check(address[0])
        return original(self, address)

    return connect


def _resolve(host, *arguments, **options):
    _check(host)
    return _getaddrinfo(host, *arguments, **options)


socket.socket.connect = _guarded(_connect)
socket.socket.connect_ex = _guarded(_connect_ex)
socket.getaddrinfo = _resolve
