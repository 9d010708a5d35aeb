"""What the image, the compose stack and .env.example promise, read from the files.

Their form is checked by `make lint` (hadolint, the compose schema).
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"web", "worker", "scheduler", "migrate"}
SECRETS = {"POSTGRES_PASSWORD", "SECRET_KEY"}
# Read by gunicorn and by the image of Postgres, not by our settings.
FOREIGN = {"WEB_CONCURRENCY"}


def read(name: str) -> str:
    return (ROOT / name).read_text()


def settings_variables() -> set[str]:
    source = read("fashionlens/settings.py")
    names = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)
    return {*names, "DATABASE_URL", "REDIS_URL", "MEDIA_ROOT"}


def example_variables(*, commented: bool) -> set[str]:
    lines = r"^#?([A-Z_]+)=" if commented else r"^([A-Z_]+)="
    return set(re.findall(lines, read(".env.example"), re.MULTILINE))


def stages() -> dict[str, list[str]]:
    """Stage name -> its instructions, continued lines joined."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", read("Dockerfile")))
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, joined.splitlines())):
        if line.startswith("FROM "):
            found[line.split(" AS ")[1]] = []
        found[list(found)[-1]].append(line)
    return found


def test_compose_takes_what_env_example_explains() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", read("docker-compose.yml")))
    assert used == example_variables(commented=False)


def test_every_setting_from_the_environment_is_explained() -> None:
    assert settings_variables() <= example_variables(commented=True)


def test_env_example_names_nothing_that_does_not_exist() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", read("docker-compose.yml")))
    assert example_variables(commented=True) <= settings_variables() | used


def test_containers_get_variables_that_settings_read() -> None:
    for name in OURS:
        known = settings_variables() | FOREIGN
        assert set(SERVICES[name]["environment"]) <= known, name


def test_production_settings_are_all_given() -> None:
    must = {"DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "SECRET_KEY", "ALLOWED_HOSTS"}
    for name in OURS:
        assert must <= set(SERVICES[name]["environment"]), name
        assert "DEBUG" not in SERVICES[name]["environment"], name


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_no_secret_has_a_value_in_the_tree(secret: str) -> None:
    uses = re.findall(rf"\$\{{{secret}([^}}]*)\}}", read("docker-compose.yml"))
    assert uses
    assert all(use.startswith(":?Set ") for use in uses)
    assert re.search(rf"^{secret}=$", read(".env.example"), re.MULTILINE)


def test_only_the_web_is_published_and_only_to_this_machine() -> None:
    published = [name for name in SERVICES if "ports" in SERVICES[name]]
    assert published == ["web"]
    assert SERVICES["web"]["ports"][0].startswith("${WEB_ADDRESS:-127.0.0.1}:")
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_containers_may_do_little() -> None:
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert "privileged" not in service, name
        assert service["mem_limit"], name
        assert name == "db" or service["read_only"], name


def test_everything_that_stays_up_restarts_and_is_looked_after() -> None:
    for name in set(SERVICES) - {"migrate"}:
        service = SERVICES[name]
        assert service["restart"] == "unless-stopped", name
        # The web's own is in the Dockerfile.
        assert name == "web" or service["healthcheck"]["test"], name


def test_the_shop_starts_after_its_servers_and_the_migration() -> None:
    for name in ("web", "worker", "scheduler"):
        needs = SERVICES[name]["depends_on"]
        assert needs["db"]["condition"] == "service_healthy", name
        assert needs["broker"]["condition"] == "service_healthy", name
        assert needs["migrate"]["condition"] == "service_completed_successfully", name


def test_every_image_and_volume_is_pinned_and_declared() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":[\w.$]", service["image"]), name
        assert name in OURS or ":latest" not in service["image"], name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in COMPOSE["volumes"], name


def test_postgres_has_a_pgvector_that_iterative_scans_need() -> None:
    version = re.search(r":(\d+)\.(\d+)\.(\d+)-pg18", SERVICES["db"]["image"])
    assert version
    assert tuple(map(int, version.groups())) >= (0, 8, 4)


@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_celery_knows_the_options_it_is_started_with(name: str) -> None:
    celery, *arguments = SERVICES[name]["command"]
    assert (celery, arguments[:2]) == ("celery", ["-A", "fashionlens"])
    done = subprocess.run(
        [sys.executable, "-m", "celery", *arguments[:3], "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    options = {a for a in arguments[3:] if a.startswith("--")}
    assert options
    assert options <= set(re.findall(r"--[\w-]+", done.stdout))


def test_the_web_starts_with_options_gunicorn_knows() -> None:
    command = instruction(stages()["serving"], "CMD")
    assert command[:2] == ["gunicorn", "fashionlens.wsgi"]
    checked = [sys.executable, "-m", *command, "--check-config"]
    done = subprocess.run(checked, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def instruction(stage: list[str], word: str) -> list[str]:
    found = [line for line in stage if line.startswith(f"{word} ")]
    exec_form = re.search(r"\[.*\]", found[-1])
    assert exec_form, found[-1]
    return yaml.safe_load(exec_form[0])


def test_the_serving_image_is_the_last_one_and_not_root() -> None:
    name, serving = list(stages().items())[-1]
    assert name == "serving" == SERVICES["web"]["build"]["target"]
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


def production(**variables: str) -> dict[str, str]:
    """The environment of a container, as far as settings look at it."""
    ours = settings_variables()
    bare = {name: value for name, value in os.environ.items() if name not in ours}
    given = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "MEDIA_ROOT": "/nowhere",
        "SECRET_KEY": "0123456789abcdef" * 4,
        "ALLOWED_HOSTS": "shop.example",
        "BEHIND_HTTPS_PROXY": "1",
    }
    return bare | given | variables


def test_django_has_no_objection_to_the_production_settings() -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"]
    done = subprocess.run(
        command, cwd=ROOT, env=production(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


ASK = """
import django; django.setup()
from django.test import Client
for host, path in ("127.0.0.1", "/healthz"), ("shop.example", "/"):
    print(Client(HTTP_HOST=host).get(path).status_code)
"""


def test_health_is_answered_without_a_proxy_and_pages_only_by_https() -> None:
    env = production(DJANGO_SETTINGS_MODULE="fashionlens.settings")
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["200", "301"], done.stderr


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


@pytest.mark.parametrize(
    ("age_s", "healthy"), [(None, False), (10, True), (1000, False)]
)
def test_the_scheduler_is_healthy_while_it_keeps_its_schedule(
    age_s: float | None, healthy: bool, tmp_path: Path
) -> None:
    schedule = SERVICES["scheduler"]["command"][-3]
    if age_s is not None:
        path = tmp_path / Path(schedule).name
        path.touch()
        now = path.stat().st_mtime
        os.utime(path, (now - age_s, now - age_s))
    kind, test = SERVICES["scheduler"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    folder = str(Path(schedule).parent)
    assert folder in test
    script = test.replace("$$", "$").replace(folder, shlex.quote(str(tmp_path)))
    assert (subprocess.run(["sh", "-c", script]).returncode == 0) is healthy


def docker_compose() -> bool:
    docker = shutil.which("docker")
    return (
        bool(docker)
        and not subprocess.run(
            [str(docker), "compose", "version"], capture_output=True
        ).returncode
    )


@pytest.mark.skipif(not docker_compose(), reason="no docker with the compose plugin")
def test_docker_compose_reads_the_file_and_insists_on_secrets(tmp_path: Path) -> None:
    plain = ["docker", "compose", "--file", ROOT / "docker-compose.yml"]
    command = [*plain, "--env-file", os.devnull, "config", "--quiet"]
    bare = {k: v for k, v in os.environ.items() if k not in SECRETS}
    refused = subprocess.run(command, env=bare, capture_output=True, text=True)
    assert refused.returncode
    assert "in .env" in refused.stderr
    given = bare | dict.fromkeys(SECRETS, "x")
    done = subprocess.run(command, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
