"""The docs name only files, links, commands and settings that exist."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands

from catalog.error_codes import ErrorCode
from catalog.feeds.fields import FIELDS

ROOT = Path(__file__).parents[2]
DOCS = sorted(
    path for folder in (".", "docs", "ml") for path in ROOT.glob(f"{folder}/*.md")
)
ROOMS = ("bench", "catalog", "fashionlens", "ml", "search", "templates")
NAMES = [str(path.relative_to(ROOT)) for path in DOCS]


@pytest.fixture(params=DOCS, ids=NAMES)
def page(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    assert [link for link in links if not is_there(page, link)] == []


def is_there(page: Path, link: str) -> bool:
    if re.match(r"https?://", link):
        return True
    name, _, heading = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not heading or heading in anchors(target))


def anchors(page: Path) -> set[str]:
    """Return the ids that GitHub gives to the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text())
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def test_management_commands_exist(page: Path) -> None:
    named = re.findall(r"manage\.py ([a-z_]+)", page.read_text())
    assert set(named) <= set(get_commands())


def test_modules_that_are_run_exist(page: Path) -> None:
    named = set(re.findall(r"python -m ([\w.]+)", page.read_text()))
    assert [name for name in sorted(named) if not find_spec(name.rstrip("."))] == []


def test_files_and_modules_named_in_the_docs_exist(page: Path) -> None:
    rooms = "|".join(ROOMS)
    text = page.read_text()
    files = re.findall(rf"`((?:{rooms})/[\w./-]+)`", text)
    modules = re.findall(rf"`((?:{rooms})(?:\.[a-z_]\w*)+)", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert [name for name in modules if not is_module(name)] == []


def is_module(name: str) -> bool:
    """Return whether the dotted name is a module, or something in one."""
    parts = name.split(".")
    return any(
        (ROOT / "/".join(parts[:end])).with_suffix(".py").exists()
        or (end == len(parts) and (ROOT / "/".join(parts)).is_dir())
        for end in (len(parts) - 1, len(parts))
    )


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_every_setting_is_explained() -> None:
    example = (ROOT / ".env.example").read_text()
    settings = set(re.findall(r"(?m)^#?([A-Z_]+)=", example))
    explained = (ROOT / "docs/deployment.md").read_text()
    assert [name for name in sorted(settings) if f"`{name}`" not in explained] == []


def test_the_codes_of_wrong_parameters_are_explained() -> None:
    explained = (ROOT / "docs/api.md").read_text()
    assert [code for code in ErrorCode if f"`{code}`" not in explained] == []


def test_the_docs_name_no_private_documents(page: Path) -> None:
    assert re.findall(r"\b(?:DESIGN|STYLE)\b", page.read_text()) == []


def test_every_column_of_a_feed_is_explained() -> None:
    page = (ROOT / "docs" / "importing.md").read_text()
    rows = dict(re.findall(r"(?m)^\| `(\w+)` \|([^|]*)\|", page))
    documented = {name: re.findall(r"`(\w+)`", rows[name]) for name in rows}
    assert documented == {field.column: list(field.aliases) for field in FIELDS}
