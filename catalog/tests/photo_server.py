"""A web server of photos, for tests of feeds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PhotoServer(ThreadingHTTPServer):
    """Serves `files` by their paths, with an ETag each, and notes what it was asked
    and what it answered. `failures`: path -> how often it answers 503 first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.failures: dict[str, int] = {}
        self.busy = 0  # how often it answers 429 first
        self.redirects: dict[str, str] = {}
        self.answers: list[tuple[str, int]] = []
        self.agents: set[str] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """The client left, as it should from what is too large."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: PhotoServer

    def do_GET(self) -> None:
        server, path = self.server, self.path
        server.agents.add(self.headers["User-Agent"])
        body = server.files.get(path, b"")
        headers = {"ETag": f'"{sha256(body).hexdigest()[:8]}"'}
        status = 200 if path in server.files else 404
        if server.failures.get(path, 0) > 0:
            server.failures[path] -= 1
            status = 503
        elif server.busy:
            server.busy -= 1
            status, headers = 429, {"Retry-After": "0"}
        elif path in server.redirects:
            status, headers = 302, {"Location": server.redirects[path]}
        elif status == 200 and self.headers["If-None-Match"] == headers["ETag"]:
            status = 304
        server.answers.append((path, status))
        self.send_response(status)
        body = body if status == 200 else b""
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def photo_server() -> Iterator[PhotoServer]:
    with PhotoServer() as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield server
        server.shutdown()
