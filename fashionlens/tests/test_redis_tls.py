"""Broker and cache over TLS, which a socket puts before the Valkey of the tests."""

import os
import select
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from fashionlens import embedded

BASE = Path(__file__).resolve().parents[2]
ROUND_TRIP = """
import django; django.setup()
from celery import current_app
from django.core.cache import cache
cache.set("tls", 1, 5)
with current_app.connection_for_write() as broker:
    broker.ensure_connection(max_retries=1, timeout=2)
    broker.default_channel.client.ping()
print("cache", cache.get("tls"), "broker ok")
"""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve(authority, tmp_path) -> Iterator[Callable[..., str]]:
    """Return a function that serves TLS with a certificate; it returns the address."""
    listeners = []

    def start(certificate: trustme.LeafCert) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=accept, args=(listener, context), daemon=True).start()
        return f"rediss://localhost:{listener.getsockname()[1]}/0"

    yield start
    for listener in listeners:
        listener.close()


def accept(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):  # it was closed
        while True:
            client, _ = listener.accept()
            threading.Thread(target=relay, args=(client, context), daemon=True).start()


def relay(client: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError), context.wrap_socket(client, server_side=True) as outer:
        inner = socket.socket(socket.AF_UNIX)
        inner.connect(valkey_socket())
        with inner:
            while True:
                ready = outer.pending() and [outer]
                ready = ready or select.select([outer, inner], [], [], 10)[0]
                for one in ready:
                    if not (data := one.recv(65536)):
                        return
                    (inner if one is outer else outer).sendall(data)


def valkey_socket() -> str:
    url = embedded.cache_url(Path(os.environ["FASHIONLENS_VAR"]))
    return url.removeprefix("unix://").partition("?")[0]


@pytest.fixture
def ca_file(authority, tmp_path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def run(url: str, *command: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "CACHE_URL"}
    env |= {"REDIS_URL": url, "DJANGO_SETTINGS_MODULE": "fashionlens.settings"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=BASE,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )


# Each of these starts a process: over two seconds on a busy machine.
def test_broker_and_cache_verify_the_certificate(authority, serve, ca_file):
    url = serve(authority.issue_cert("localhost"))
    done = run(f"{url}?ssl_ca_certs={ca_file}", "-c", ROUND_TRIP)
    assert "cache 1 broker ok" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("part", "fault", "said"),
    [
        ("cache", "expired", "certificate has expired"),
        ("broker", "expired", "certificate has expired"),
        ("broker", "other name", "mismatch"),
        ("broker", "unknown authority", "unable to get local issuer"),
    ],
)
def test_a_bad_certificate_is_refused_in_one_line(
    authority, serve, ca_file, part, fault, said
):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    signer = trustme.CA() if fault == "unknown authority" else authority
    name = "elsewhere.example" if fault == "other name" else "localhost"
    after = yesterday if fault == "expired" else None
    certificate = signer.issue_cert(name, not_after=after)
    use = {
        "cache": "from django.core.cache import cache; cache.get('x')",
        "broker": "from search.tasks import embed_pending; embed_pending.delay()",
    }[part]
    url = f"{serve(certificate)}?ssl_ca_certs={ca_file}"
    done = run(url, "manage.py", "shell", "--no-imports", "--command", use)
    assert done.returncode == 1
    assert said in done.stderr, done.stderr
    assert "REDIS_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ssl_cert_reqs=none", "the parameter ssl_cert_reqs"),
        ("ssl_ca_certs=/none.pem", "which is no file"),
    ],
)
def test_what_would_not_verify_is_refused_by_name(query, said):
    done = run(f"rediss://localhost:1/0?{query}", "manage.py", "check")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
