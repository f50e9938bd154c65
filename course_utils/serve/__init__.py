"""Networks of lessons 03 and 06 as a service on this computer, with a demo page: `course serve`."""

import argparse
import socket

from .app import create_app, load_cleaner, load_painter

__all__ = ["create_app", "load_cleaner", "load_painter", "main"]


def main(options: tuple[str, ...]) -> int:
    """Serve on loopback until Ctrl-C. Raises ValueError where the port can't be had."""
    import uvicorn

    parser = argparse.ArgumentParser(prog="course serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="8000 unless told; 0: any free one")
    with _listen(parser.parse_args(options).port) as door:
        print("Loading the networks …", flush=True)
        app = create_app(load_cleaner(), paint=load_painter())
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        print(f"The demo page:         {address}\nHow programs call it:  {address}/docs\n"
              "Ctrl-C stops it.", flush=True)  # fmt: skip
        uvicorn.Server(uvicorn.Config(
            app, log_level="warning", timeout_graceful_shutdown=3)).run(sockets=[door])  # fmt: skip
    return 0


def _listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; ValueError with one sentence where it is not to be had."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except (OSError, OverflowError) as error:
        raise ValueError(
            f"Port {port} is taken or not allowed: close the program that has it (another "
            "`course serve`?), or choose another with --port 8001."
        ) from error
