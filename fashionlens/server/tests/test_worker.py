"""Gunicorn with the shop in a process of its own, as it is deployed.

Its start takes about two seconds, so all tests share one.
"""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from fashionlens.stack import GUNICORN_CONFIG

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def gunicorn() -> Iterator[subprocess.Popen[bytes]]:
    options = ["--config", GUNICORN_CONFIG, "--workers", "1", "--bind", "127.0.0.1:0"]
    command = [sys.executable, "-m", "gunicorn", "fashionlens.wsgi", *options]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def address(gunicorn: subprocess.Popen[bytes]) -> str:
    for line in gunicorn.stderr or ():
        if b"Listening at: " in line:
            return line.split()[-2].decode()
    raise AssertionError("gunicorn did not start")


def test_slow_bodies_hold_no_thread(address):
    host, port = address.removeprefix("http://").split(":")
    head = f"POST /search/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\nx"
    with ExitStack() as connections:
        for _ in range(24):
            client = socket.create_connection((host, int(port)))
            connections.enter_context(client).sendall(head.encode())
        assert requests.get(f"{address}/healthz", timeout=30).text == "ok\n"
        assert requests.get(f"{address}/api/", timeout=30).status_code == 404


def test_a_client_that_sends_a_large_photo_sees_the_answer_and_can_go_on(address):
    photo = bytes(40 * 1024 * 1024)
    with requests.Session() as session:
        answer = session.post(f"{address}/api/v1/search/", files={"photo": photo})
        assert answer.status_code == 413
        assert "at most 10 MB" in answer.json()["detail"]
        assert session.get(f"{address}/healthz").status_code == 200


def test_a_long_address_is_taken(address):
    skus = "&".join([f"sku={'x' * 64}"] * 100)
    assert requests.get(f"{address}/api/nothing/?{skus}").status_code == 404


def test_a_stopped_worker_ends_with_success(address, gunicorn):
    with requests.Session() as idle:
        idle.get(f"{address}/healthz")
        gunicorn.send_signal(signal.SIGTERM)
        assert gunicorn.wait(20) == 0
