"""Web addresses of photos, from real servers on this machine.

They are private, so one address, 127.0.0.1, counts as public where `internet` is used;
everything else, 127.0.0.2 too, stands before the true check.
"""

import threading
from collections.abc import Callable, Iterator

import pytest

from catalog.photos import remote
from catalog.tests.raw_server import Answer, Server


@pytest.fixture
def serve(monkeypatch) -> Iterator[Callable[[Answer], Server]]:
    running: list[Server] = []

    def start(answer: Answer) -> Server:
        server = Server(answer)
        running.append(server)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        monkeypatch.setattr(remote, "PORTS", remote.PORTS | {server.port})
        return server

    yield start
    for server in running:
        server.closing.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def internet(monkeypatch) -> dict[str, list[str]]:
    """Names and their addresses; 127.0.0.1 counts as public."""
    names: dict[str, list[str]] = {"photos.test": ["127.0.0.1"]}
    really, look_up = remote.is_public, remote.resolve
    monkeypatch.setattr(remote, "is_public", lambda ip: ip == "127.0.0.1" or really(ip))
    monkeypatch.setattr(
        remote, "resolve", lambda host: names.get(host) or look_up(host)
    )
    return names
