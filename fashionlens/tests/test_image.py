"""What the Dockerfile promises. Its form is checked by `make lint` (hadolint)."""

import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def stages() -> dict[str, list[str]]:
    """Stage name -> its instructions, continued lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", read("Dockerfile")))
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, joined.splitlines())):
        if line.startswith("FROM "):
            found[line.split(" AS ")[1]] = []
        found[list(found)[-1]].append(line)
    return found


def test_the_web_starts_with_options_gunicorn_knows() -> None:
    command = instruction(stages()["serving"], "CMD")
    assert command[:2] == ["gunicorn", "fashionlens.wsgi"]
    checked = [sys.executable, "-m", *command, "--check-config"]
    done = subprocess.run(checked, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_web_takes_addresses_as_long_as_without_an_image() -> None:
    command = instruction(stages()["serving"], "CMD")
    limit = command[command.index("--limit-request-line") + 1]
    assert f"--limit-request-line {limit}" in read("fashionlens/stack.py")


def instruction(stage: list[str], word: str) -> list[str]:
    found = [line for line in stage if line.startswith(f"{word} ")]
    exec_form = re.search(r"\[.*\]", found[-1])
    assert exec_form, found[-1]
    return yaml.safe_load(exec_form[0])


def test_the_serving_image_is_the_last_one_and_not_root() -> None:
    name, serving = list(stages().items())[-1]
    assert name == "serving"
    assert [line for line in serving if line.startswith("USER ")] == ["USER 10001"]
    after = serving[serving.index("USER 10001") :]
    assert not any(line.startswith(("RUN", "COPY")) for line in after)


def test_no_tensorflow_and_no_compiler_in_the_serving_image() -> None:
    serving = stages()["serving"]
    origins = {o for line in serving for o in re.findall(r"--from=(\w+)", line)}
    text = "\n".join(line for name in (*origins, "serving") for line in stages()[name])
    assert "requirements.txt" in text
    assert "requirements-dev" not in text
    assert not re.search(r"apt-get|gcc|build-essential", text)
    packages = set(re.findall(r"(?m)^([\w-]+)==", read("requirements.txt")))
    assert not packages & {"keras", "matplotlib", "tensorflow", "tf2onnx"}


def test_the_context_of_the_image_is_a_list_of_what_it_needs() -> None:
    lines = read(".dockerignore").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    admitted = [rule[1:] for rule in rules if rule.startswith("!")]
    assert all((ROOT / name).exists() for name in admitted)
    lines = [line for stage in stages().values() for line in stage]
    copied = {name for line in lines for name in sources(line)}
    assert copied - {"."} <= set(admitted)


def sources(line: str) -> list[str]:
    """What a COPY takes from the context."""
    if not line.startswith("COPY ") or "--from" in line:
        return []
    return line.split()[1:-1]


def test_development_has_the_serving_set_in_the_same_versions() -> None:
    pins = re.compile(r"(?m)^[\w-]+(?:\[[^]]*\])?==.*$")
    serving = set(pins.findall(read("requirements.txt")))
    assert len(serving) > 20
    assert serving <= set(pins.findall(read("requirements-dev.txt")))


class Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_web_is_healthy_when_it_answers(status: int, healthy: bool) -> None:
    handler = type("Handler", (Answering,), {"status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert web_is_healthy(server.server_port) is healthy
        server.shutdown()


def test_the_web_is_not_healthy_when_nothing_listens() -> None:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        port = server.server_port
    assert not web_is_healthy(port)


def web_is_healthy(port: int) -> bool:
    python, *arguments = instruction(stages()["serving"], "HEALTHCHECK")
    assert python == "python"
    arguments = [a.replace("127.0.0.1:8000", f"127.0.0.1:{port}") for a in arguments]
    done = subprocess.run([sys.executable, *arguments], capture_output=True)
    return done.returncode == 0
