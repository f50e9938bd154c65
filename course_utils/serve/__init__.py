"""Networks of lessons 03 to 06, 08 and 10 as a service on this computer, with a demo page: `course serve`."""

import argparse
import os
import sys

from .app import create_app

__all__ = ["create_app", "main"]


def main(options: tuple[str, ...]) -> int:
    """Serve on loopback until Ctrl-C.

    Raises ValueError, one sentence a line, where the port can't be had and for each network that is
    missing or damaged.
    """
    from . import app, server

    parser = argparse.ArgumentParser(prog="course serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="8000 unless told; 0: any free one")
    with server.listen(parser.parse_args(options).port) as door:
        print("Loading the networks …", flush=True)
        service = create_app(app.load())
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        print(
            f"The demo page:         {address}\nHow programs call it:  {address}/docs\n"
            "Ctrl-C stops it.",
            flush=True,
        )
        try:
            server.Server(service).run(sockets=[door])
        except (KeyboardInterrupt, SystemExit) as ended:
            print("\nStopped.", file=sys.stderr, flush=True)
            os._exit(getattr(ended, "code", 130))  # else it waits for threads with large pages
    return 0
