"""The dashboard and the alerts ask for figures that exist."""

import json
import re
from pathlib import Path

import pytest
import yaml

from fashionlens.metrics import requests
from fashionlens.metrics.shop import ShopCollector

MONITORING = Path(__file__).parents[3] / "docs" / "monitoring"


@pytest.fixture
def known(db, settings, monkeypatch) -> set[str]:
    settings.DATABASE_REPLICA_URL = "postgres://replica/shop"
    monkeypatch.setattr("fashionlens.metrics.shop.watch.is_usable", lambda: True)
    families = [*ShopCollector().collect(), *requests.LATENCY.collect()]
    names = {family.name for family in families}
    names |= {f"{name}_{part}" for name in names for part in ("total", "info")}
    parts = {f"fashionlens_request_seconds_{part}" for part in ("count", "bucket")}
    # These have no samples in a shop without scheduler and measurement.
    return (
        names
        | parts
        | {"fashionlens_scheduler_silence_seconds", "fashionlens_index_recall"}
    )


@pytest.mark.parametrize("name", ["grafana.json", "alerts.yml"])
def test_only_figures_that_exist_are_asked_for(known, name):
    asked = set(re.findall(r"fashionlens_\w+", (MONITORING / name).read_text()))
    assert len(asked) > 5
    assert asked <= known


def test_every_alert_says_what_to_look_at():
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    assert all(rule["annotations"]["summary"] for rule in group["rules"])


def test_panels_do_not_overlap():
    panels = json.loads((MONITORING / "grafana.json").read_text())["panels"]
    places = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}
    assert len(places) == len(panels)
