"""A web server on this computer that misbehaves on request: /HOW/file, for each HOW of its methods."""

import contextlib
import http.server
import threading
import time

LOGIN = b"<!doctype html><title>Sign in</title><form>Please sign in.</form>"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers /HOW/file by the method HOW; the server's `files` are {file: bytes}."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        _, how, file = self.path.split("/", 2)
        self.server.asked.append((how, file, self.headers.get("Range")))
        with contextlib.suppress(ConnectionError):  # the other side may have had enough
            getattr(self, how)(self.server.files.get(file, b""))

    def answer(self, status=200, body=b"", **head):
        self.send_response(status)
        for key, value in ({"Content_Length": len(body)} | head).items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def times(self, how):
        return sum(asked == how for asked, *_ in self.server.asked)

    def fine(self, body):
        self.answer(body=body)

    def missing(self, body):
        self.answer(404, b"no")

    def gone(self, body):
        self.answer(410, b"no")

    def forbidden(self, body):
        self.answer(403, b"no")

    def broken(self, body):
        self.answer(500, b"no")

    def at_third(self, body):
        """500 twice, then fine."""
        self.answer(500, b"no") if self.times("at_third") < 3 else self.fine(body)

    def cut(self, body):
        """Breaks off after 40 %, always."""
        self.answer(body=body[: len(body) * 2 // 5], Content_Length=len(body))

    def cut_unsaid(self, body):
        """Breaks off in pieces whose number was never said."""
        self.chunk(body[:100])

    def elsewhere(self, body):
        """A part that wasn't asked for."""
        self.answer(206, body[9:], Content_Range=f"bytes 9-{len(body) - 1}/{len(body)}")

    def endless(self, body):
        for _ in range(1000):
            self.chunk(body)

    def chunk(self, piece):
        if not hasattr(self, "begun"):
            self.begun, self.protocol_version = True, "HTTP/1.1"
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.close_connection = True
        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

    def resumes(self, body):
        """Breaks off after 40 %, and goes on from wherever it is asked to."""
        start = self.start()
        if not start:
            self.answer(body=body[: len(body) * 2 // 5], Content_Length=len(body), ETag='"a"')
            return
        said = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self.answer(206, body[start:], ETag='"a"', Content_Range=said)

    def renewed(self, body):
        """Breaks off after 40 % of an older file; the tag of the newer one is another."""
        if not self.start():
            self.answer(body=bytes(len(body) * 2 // 5), Content_Length=len(body), ETag='"old"')
            return
        assert self.headers["If-Range"] == '"old"'
        self.answer(body=body, ETag='"new"')

    def shorter(self, body):
        """Says that there is less than there is."""
        self.answer(body=body, Content_Length=len(body) - 7)

    def longer(self, body):
        """Says that there is more than there is."""
        self.answer(body=body, Content_Length=len(body) + 7)

    def login(self, body):
        self.answer(body=LOGIN, Content_Type="text/html; charset=utf-8")

    def disguised(self, body):
        """A web page that calls itself an archive."""
        self.answer(body=LOGIN, Content_Type="application/zip")

    def drip(self, body):
        self.answer(Content_Length=len(body))
        for number in range(1000):
            self.wfile.write(body[number : number + 1])
            time.sleep(0.02)

    def silent(self, body):
        self.answer(Content_Length=len(body))
        time.sleep(1)

    def round(self, body):
        self.answer(302, Location=self.path)

    def away(self, body):
        self.answer(302, Location=self.path.replace("/away/", "/login/"))

    def slow(self, body):
        """Takes a moment, so that a second process comes while the first one waits."""
        time.sleep(1)
        self.fine(body)

    def start(self):
        asked = self.headers.get("Range", "")
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0


@contextlib.contextmanager
def serving(files):
    """A server of {file: bytes}; `asked` lists (how, file, range), `address` is where it answers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked, server.daemon_threads = files, [], True
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
