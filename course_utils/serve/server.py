"""The server under the service: uvicorn, with what it lacks against slow callers and slow work."""

import asyncio
import socket

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADERS = 10  # seconds in which the head of a request must have come
GRACE = 1  # seconds in which pages may be finished when the server is stopped


class Protocol(H11Protocol):
    """HTTP whose head must arrive in time; uvicorn's own waits for ever."""

    def connection_made(self, transport):
        super().connection_made(transport)
        self.clock = self.loop.call_later(HEADERS, self.timeout_keep_alive_handler)

    def data_received(self, data):
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:  # the head is here
            self.clock.cancel()
        elif self.clock.cancelled():  # a part of the next one's
            self.clock = self.loop.call_later(HEADERS, self.timeout_keep_alive_handler)


class Server(uvicorn.Server):
    """Serves until a signal; whoever waits a second later hears that it stops."""

    def __init__(self, app):
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                ws="none",
                log_level="warning",
                timeout_graceful_shutdown=2 * GRACE,
            )
        )

    def handle_exit(self, number, frame):
        if not self.should_exit:  # a second Ctrl-C needn't force what takes two seconds
            super().handle_exit(number, frame)

    async def shutdown(self, sockets=None):
        def end():
            for task in self.server_state.tasks:
                task.cancel()

        asyncio.get_running_loop().call_later(GRACE, end)
        await super().shutdown(sockets)


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; ValueError with one sentence where it is not to be had."""
    try:
        door = socket.create_server(("127.0.0.1", port), backlog=128)
    except (OSError, OverflowError) as error:
        raise ValueError(
            f"Port {port} is taken or not allowed: close the program that has it (another "
            "`course serve`?), or choose another with --port 8001."
        ) from error
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named
    return socket.socket(door.family, door.type, socket.IPPROTO_TCP, fileno=door.detach())
