"""The manifests fit the schemas of Kubernetes, and the shop."""

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from fashionlens.metrics.shop import ShopCollector
from fashionlens.tests.test_deploy import ROOT, settings_variables

TEXT = (ROOT / "docs/kubernetes/shop.yaml").read_text()
OBJECTS: list[dict[str, Any]] = list(yaml.safe_load_all(TEXT))
PODS = {
    each["metadata"]["name"]: each["spec"]["template"]["spec"]
    for each in OBJECTS
    if "template" in each.get("spec", {})
}


@pytest.mark.parametrize("number", range(len(OBJECTS)))
def test_every_object_fits_its_schema(number):
    version = kubernetes_validate.latest_version()
    kubernetes_validate.validate(OBJECTS[number], version, strict=True)


def test_only_settings_that_exist_are_set():
    (settings,) = [each["data"] for each in OBJECTS if each["kind"] == "ConfigMap"]
    assert set(settings) <= settings_variables()
    docs = (ROOT / "docs/kubernetes.md").read_text()
    secrets = set(re.findall(r"--from-literal=([A-Z_]+)=", docs))
    assert secrets - settings_variables() == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    }


def test_all_pods_run_one_image_without_privileges():
    images = {pod["containers"][0]["image"] for pod in PODS.values()}
    assert len(PODS) == 5
    assert len(images) == 1
    for pod in PODS.values():
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["resources"]["limits"]["memory"]


def test_the_workers_serve_all_queues_between_them(settings):
    served = [
        argument.removeprefix("--queues=")
        for pod in PODS.values()
        for argument in pod["containers"][0].get("command", [])
        if argument.startswith("--queues=")
    ]
    # The names without CELERY_QUEUE, which an xdist worker sets.
    own = settings.EMBEDDING_QUEUE
    queues = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    assert served == [name.replace(own, "fashionlens", 1) for name in queues]


def test_web_pods_get_requests_once_they_are_ready():
    (web,) = PODS["fashionlens-web"]["containers"]
    paths = {
        name: web[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "liveness", "readiness")
    }
    assert paths == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }


@pytest.mark.django_db
def test_workers_are_scaled_by_a_figure_that_exists():
    (scaler,) = [
        each["spec"]
        for each in OBJECTS
        if each["kind"] == "HorizontalPodAutoscaler"
        and each["metadata"]["name"] == "fashionlens-worker"
    ]
    name = scaler["metrics"][0]["external"]["metric"]["name"]
    assert name in {family.name for family in ShopCollector().collect()}
