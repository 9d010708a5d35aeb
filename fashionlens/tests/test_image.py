"""The Dockerfile; `make lint` checks it with hadolint."""

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from fashionlens.stack import GUNICORN_CONFIG

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def stages() -> dict[str, list[str]]:
    """Return {stage: instructions}, with continued lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", read("Dockerfile")))
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, joined.splitlines())):
        if line.startswith("FROM "):
            found[line.split(" AS ")[1]] = []
        found[list(found)[-1]].append(line)
    return found


def test_gunicorn_accepts_its_options() -> None:
    command = instruction(stages()["serving"], "CMD")
    assert command[:2] == ["gunicorn", "fashionlens.wsgi"]
    checked = [sys.executable, "-m", *command, "--check-config"]
    done = subprocess.run(checked, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_gunicorn_is_configured_alike_with_and_without_docker() -> None:
    command = instruction(stages()["serving"], "CMD")
    assert command[command.index("--config") + 1] == GUNICORN_CONFIG


def instruction(stage: list[str], word: str) -> list[str]:
    found = [line for line in stage if line.startswith(f"{word} ")]
    exec_form = re.search(r"\[.*\]", found[-1])
    assert exec_form, found[-1]
    return yaml.safe_load(exec_form[0])


def test_the_serving_image_is_the_default_target() -> None:
    assert list(stages())[-1] == "serving"


def test_the_serving_image_contains_no_training_packages() -> None:
    copied = [name for line in stages()["builder"] for name in sources(line)]
    assert copied == ["requirements-s3.txt"]
    packages = set(re.findall(r"(?m)^([\w-]+)==", read("requirements-s3.txt")))
    assert not packages & {"keras", "matplotlib", "tensorflow", "tf2onnx"}


def test_the_build_context_contains_only_what_is_copied() -> None:
    lines = read(".dockerignore").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = [rule[1:] for rule in rules if rule.startswith("!")]
    assert all((ROOT / name).exists() for name in allowed)
    lines = [line for stage in stages().values() for line in stage]
    copied = {name for line in lines for name in sources(line)}
    assert copied - {"."} <= set(allowed)


def sources(line: str) -> list[str]:
    """Return the files that a COPY takes from the build context."""
    if not line.startswith("COPY ") or "--from" in line:
        return []
    return line.split()[1:-1]


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("requirements.txt", "requirements-s3.txt"),
        ("requirements-s3.txt", "requirements-dev.txt"),
    ],
)
def test_larger_sets_have_the_packages_of_smaller_ones_in_the_same_versions(
    smaller: str, larger: str
) -> None:
    pins = re.compile(r"(?m)^[\w-]+(?:\[[^]]*\])?==.*$")
    packages = set(pins.findall(read(smaller)))
    assert len(packages) > 20
    assert packages <= set(pins.findall(read(larger)))


class HealthHandler(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_web_container_is_healthy_if_healthz_answers_200(
    status: int, healthy: bool
) -> None:
    handler = type("Handler", (HealthHandler,), {"status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        assert web_is_healthy(server.server_port) is healthy
        server.shutdown()


def test_the_web_container_is_unhealthy_if_nothing_listens() -> None:
    with HTTPServer(("127.0.0.1", 0), HealthHandler) as server:
        port = server.server_port
    assert not web_is_healthy(port)


def test_compose_checks_the_web_container_as_the_image_does() -> None:
    services = yaml.safe_load(read("docker-compose.yml"))["services"]
    own = instruction(stages()["serving"], "HEALTHCHECK")
    assert services["web"]["healthcheck"]["test"] == ["CMD", *own]


def web_is_healthy(port: int) -> bool:
    python, *arguments = instruction(stages()["serving"], "HEALTHCHECK")
    assert python == "python"
    arguments = [a.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for a in arguments]
    done = subprocess.run([sys.executable, *arguments], capture_output=True)
    return done.returncode == 0
