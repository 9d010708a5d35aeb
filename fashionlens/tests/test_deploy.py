"""docker-compose.yml, .env.example and the settings agree with each other.

`make lint` checks docker-compose.yml against the compose schema.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from fashionlens.embedded.servers import POSTGRES_OPTIONS
from fashionlens.request_limits import MAX_PHOTO_BODY, MAX_STAFF_BODY

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SHOP = {"web", "worker", "upkeep", "scheduler", "migrate"}
SECRETS = {"POSTGRES_PASSWORD", "SECRET_KEY"}
# Read by gunicorn, not by the settings.
GUNICORN_VARIABLES = {"WEB_CONCURRENCY"}


def read(name: str) -> str:
    return (ROOT / name).read_text()


def settings_variables() -> set[str]:
    source = read("fashionlens/settings.py")
    names = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)
    return {*names, "DATABASE_URL", "REDIS_URL", "MEDIA_ROOT"}


def example_variables(*, commented: bool) -> set[str]:
    lines = r"^#?([A-Z_]+)=" if commented else r"^([A-Z_]+)="
    return set(re.findall(lines, read(".env.example"), re.MULTILINE))


def test_env_example_lists_the_variables_of_compose() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", read("docker-compose.yml")))
    assert used == example_variables(commented=False)


@pytest.mark.parametrize("name", ["shared_buffers", "work_mem", "random_page_cost"])
def test_the_embedded_server_chooses_plans_as_that_of_compose(name: str) -> None:
    # With cheap random reads, filtered searches walk the index at ten times the cost.
    options = dict(each.split("=") for each in SERVICES["db"]["command"][2::2])
    assert POSTGRES_OPTIONS.get(name) == options.get(name)


def test_env_example_lists_every_setting() -> None:
    assert settings_variables() <= example_variables(commented=True)


def test_env_example_lists_no_unknown_variable() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", read("docker-compose.yml")))
    assert example_variables(commented=True) <= settings_variables() | used


def test_containers_get_only_variables_that_are_read() -> None:
    for name in SHOP:
        read_variables = settings_variables() | GUNICORN_VARIABLES
        assert set(SERVICES[name]["environment"]) <= read_variables, name


def test_containers_get_all_required_variables() -> None:
    required = {
        "DATABASE_URL",
        "REDIS_URL",
        "MEDIA_ROOT",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
    }
    for name in SHOP:
        assert required <= set(SERVICES[name]["environment"]), name
        assert "DEBUG" not in SERVICES[name]["environment"], name


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_secrets_are_required_and_have_no_default(secret: str) -> None:
    uses = re.findall(rf"\$\{{{secret}([^}}]*)\}}", read("docker-compose.yml"))
    assert uses
    assert all(use.startswith(":?Set ") for use in uses)
    assert re.search(rf"^{secret}=$", read(".env.example"), re.MULTILINE)


def test_only_the_proxy_is_published_beyond_localhost() -> None:
    published = {name for name in SERVICES if "ports" in SERVICES[name]}
    assert published == {"proxy", "web"}
    assert SERVICES["web"]["ports"][0].startswith("${WEB_ADDRESS:-127.0.0.1}:")
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_containers_have_no_privileges() -> None:
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert name == "proxy" or "cap_add" not in service, name
        assert all("size=" in each for each in service.get("tmpfs", [])), name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert "privileged" not in service, name
        assert service["mem_limit"], name
        assert name == "db" or service["read_only"], name


def test_long_running_services_restart_and_have_health_checks() -> None:
    for name in set(SERVICES) - {"migrate"}:
        service = SERVICES[name]
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name


def test_all_services_of_the_shop_share_one_image() -> None:
    built = [name for name in SERVICES if "build" in SERVICES[name]]
    assert built == ["web"]
    assert SERVICES["web"]["build"] == {"context": ".", "target": "serving"}
    assert len({SERVICES[name]["image"] for name in SHOP}) == 1


def test_services_start_after_servers_and_migration() -> None:
    for name in ("web", "worker", "upkeep", "scheduler"):
        needs = SERVICES[name]["depends_on"]
        assert needs["db"]["condition"] == "service_healthy", name
        assert needs["broker"]["condition"] == "service_healthy", name
        assert needs["migrate"]["condition"] == "service_completed_successfully", name


def test_images_are_pinned_and_volumes_declared() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":[\w.$]", service["image"]), name
        assert name in SHOP or ":latest" not in service["image"], name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file(), name


def test_the_proxy_takes_what_the_web_process_takes() -> None:
    limits = re.findall(r"(?:max_size|request_buffers) (\d+)MB", read("Caddyfile"))
    assert [int(limit) * 10**6 for limit in limits] == [130_000_000, 13_000_000]
    assert MAX_STAFF_BODY <= 130 * 1024 * 1024
    assert MAX_PHOTO_BODY <= 13_000_000


def test_pgvector_supports_iterative_scans() -> None:
    version = re.search(r":(\d+)\.(\d+)\.(\d+)-pg18", SERVICES["db"]["image"])
    assert version
    assert tuple(map(int, version.groups())) >= (0, 8, 4)


def test_the_workers_serve_all_queues_between_them(settings) -> None:
    served = [
        SERVICES[name]["command"][SERVICES[name]["command"].index("--queues") + 1]
        for name in ("worker", "upkeep")
    ]
    # The names without CELERY_QUEUE, which an xdist worker sets.
    own = settings.EMBEDDING_QUEUE
    queues = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    assert served == [name.replace(own, "fashionlens", 1) for name in queues]


@pytest.mark.parametrize("name", ["worker", "upkeep", "scheduler"])
def test_celery_accepts_its_options(name: str) -> None:
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


def production(**variables: str) -> dict[str, str]:
    """Return the environment of a container."""
    known = settings_variables()
    bare = {name: value for name, value in os.environ.items() if name not in known}
    given = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "MEDIA_ROOT": "/nowhere",
        "SECRET_KEY": "0123456789abcdef" * 4,
        "ALLOWED_HOSTS": "shop.example",
        "BEHIND_HTTPS_PROXY": "1",
    }
    return bare | given | variables


def test_production_settings_pass_djangos_deployment_checks() -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"]
    done = subprocess.run(
        command, cwd=ROOT, env=production(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


REQUEST_PAGES = """
import django; django.setup()
from django.test import Client
for host, path in ("127.0.0.1", "/healthz"), ("shop.example", "/"):
    print(Client(HTTP_HOST=host).get(path).status_code)
"""


def test_health_checks_need_no_https_but_pages_do() -> None:
    env = production(DJANGO_SETTINGS_MODULE="fashionlens.settings")
    command = [sys.executable, "-c", REQUEST_PAGES]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.split() == ["200", "301"], done.stderr


SHOW_ADDRESSES = """
import django; django.setup()
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
print(default_storage.url("a.jpg"), render_to_string("404.html"))
"""


def test_a_shop_below_a_path_names_that_path_everywhere() -> None:
    settings = "fashionlens.settings"
    env = production(DJANGO_SETTINGS_MODULE=settings, SCRIPT_NAME="/shop", DEBUG="1")
    command = [sys.executable, "-c", SHOW_ADDRESSES]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    photo, _, page = done.stdout.partition(" ")
    assert photo == "/shop/media/a.jpg", done.stderr
    addresses = re.findall(r'(?:href|src)="(/[^"]*)"', page)
    assert len(addresses) > 1
    assert all(address.startswith("/shop/") for address in addresses)


@pytest.mark.parametrize(
    ("age_s", "healthy"), [(None, False), (10, True), (1000, False)]
)
def test_the_scheduler_is_healthy_while_it_writes_its_schedule(
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
def test_docker_compose_accepts_the_file_and_requires_secrets(tmp_path: Path) -> None:
    plain = ["docker", "compose", "--file", ROOT / "docker-compose.yml"]
    command = [*plain, "--env-file", os.devnull, "config", "--quiet"]
    bare = {k: v for k, v in os.environ.items() if k not in SECRETS}
    refused = subprocess.run(command, env=bare, capture_output=True, text=True)
    assert refused.returncode
    assert "in .env" in refused.stderr
    given = bare | dict.fromkeys(SECRETS, "x")
    done = subprocess.run(command, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
