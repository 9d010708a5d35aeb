"""Imports point one way: storefront, backoffice, demo -> search -> catalog -> ml.

No room knows the ones above it, `ml` knows nothing of Django, and a process that
serves never loads what only training needs.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What each room may take from the others. bench measures all of them.
SERVED = {"ml.encoder", "ml.preprocess"}
ALLOWED = {
    "fashionlens": {"fashionlens", "search", "catalog"} | SERVED,
    "fashionlens.storefront": {"fashionlens.languages", "search", "catalog"} | SERVED,
    "fashionlens.backoffice": {"search", "catalog"} | SERVED,
    "fashionlens.demo": {
        *("fashionlens.embedded", "fashionlens.stack", "search", "catalog"),
        *SERVED,
    },
    "search": {"catalog"} | SERVED,
    "catalog": {"ml.preprocess"},
    "ml": set(),
    "bench": {"fashionlens", "search", "catalog", "ml"},
}
WEB = {"celery", "django", "rest_framework"}
TRAINING = {"keras", "matplotlib", "onnx", "scipy", "sklearn", "tensorflow", "tf2onnx"}
# Inside an app: urls -> views, api, admin -> services -> models; tasks -> services.
ABOVE = {
    "models": {"admin", "api", "forms", "services", "tasks", "urls", "views"},
    "services": {"admin", "api", "forms", "urls", "views"},
    "views": {"urls"},
    "api": {"urls"},
}
# Each layer of search may import those before it. Tasks, signals, checks and commands
# stand above them all.
SEARCH_LAYERS = ("models", "index", "query", "recommend", "events", "change", "api")
MAX_IMPORTS = 12  # of the project's own modules by one


@dataclass(frozen=True)
class Import:
    by: str
    name: str
    line: int
    inside: bool  # a function: happens when that is called

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.name}"


def project() -> dict[str, str]:
    """Return the source of each module, without tests and migrations."""
    return {
        name_of(path.relative_to(ROOT)): path.read_text()
        for room in ("fashionlens", "search", "catalog", "ml", "bench")
        for path in sorted((ROOT / room).rglob("*.py"))
        if not {"tests", "migrations"} & set(path.parts) and path.stem != "conftest"
    }


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, source: str, modules: set[str]) -> Iterator[Import]:
    """Yield the imports of a module; `from ml import encoder` is one of ml.encoder."""
    pending: list[tuple[ast.AST, bool]] = [(ast.parse(source), False)]
    while pending:
        node, inside = pending.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, node.lineno, inside)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}:{node.lineno}: write the whole name"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                name = full if full in modules else str(node.module)
                yield Import(module, name, node.lineno, inside)
        inside |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        pending += [(child, inside) for child in ast.iter_child_nodes(node)]


def violations(sources: dict[str, str]) -> list[str]:
    """Return a sentence for each import that breaks a rule."""
    modules = set(sources)
    found = [i for m, source in sources.items() for i in imports(m, source, modules)]
    loaded = reachable(found, modules)
    return sorted(
        f"{each}: {reason}" for each in found if (reason := objection(each, loaded))
    ) + cycles(found, modules)


def objection(it: Import, loaded: set[str]) -> str | None:
    room, other = room_of(it.by), room_of(it.name)
    if other in ALLOWED and other != room and not within(it.name, ALLOWED[room]):
        return f"{room} knows nothing of it"
    if room == "ml" and other in WEB:
        return "ml runs without Django"
    if other in TRAINING and room not in ("ml", "bench"):
        return "only ml uses it"
    if other in TRAINING and it.by in loaded and not it.inside:
        return "a serving process would load it"
    layer = it.by.rsplit(".", 1)[-1]
    if other == room and within(it.name, {f"{room}.{a}" for a in ABOVE.get(layer, ())}):
        return f"{layer} stands below it"
    if room == other == "search" and points_up(it):
        return "its layer stands above"
    lazy = room in ("ml", "bench") or it.by.endswith(".apps")
    if other in ALLOWED and it.inside and not lazy:
        return "inside a function, which hides a cycle"
    return None


def points_up(it: Import) -> bool:
    own, other = search_layer(it.by), search_layer(it.name)
    return own < len(SEARCH_LAYERS) and other > own


def search_layer(module: str) -> int:
    part = module.split(".")[1]
    known = part in SEARCH_LAYERS
    return SEARCH_LAYERS.index(part) if known else len(SEARCH_LAYERS)


def room_of(module: str) -> str:
    """Return the longest entry of ALLOWED that holds the module, or its first part."""
    rooms = [room for room in ALLOWED if within(module, {room})]
    return max(rooms, key=len, default=module.split(".")[0])


def within(name: str, prefixes: set[str]) -> bool:
    return any(name == p or name.startswith(f"{p}.") for p in prefixes)


def reachable(found: list[Import], modules: set[str]) -> set[str]:
    """Return the modules that a serving process loads."""
    apps = ("fashionlens", "search", "catalog")
    pending = {m for m in modules if m.split(".")[0] in apps or m in SERVED}
    loaded: set[str] = set()
    while pending:
        loaded.add(module := pending.pop())
        names = {i.name for i in found if i.by == module and not i.inside}
        pending |= (names & modules) - loaded
    return loaded


def cycles(found: list[Import], modules: set[str]) -> list[str]:
    """Remove modules that import none of the others until only cycles are left."""
    needs = {m: {i.name for i in found if i.by == m and not i.inside} for m in modules}
    left = {m: (names & modules) - {m} for m, names in needs.items()}
    while free := {m for m, names in left.items() if not names & set(left)}:
        left = {m: names for m, names in left.items() if m not in free}
    return [f"import each other: {', '.join(sorted(left))}"] if left else []


def test_imports_point_one_way() -> None:
    assert violations(project()) == []


def test_no_module_imports_many_others() -> None:
    sources = project()
    modules = set(sources)
    counts = {
        name: len({i.name for i in imports(name, source, modules)} & modules)
        for name, source in sources.items()
    }
    assert {name: n for name, n in counts.items() if n > MAX_IMPORTS} == {}


STOREFRONT = "fashionlens.storefront.views"


@pytest.mark.parametrize(
    ("module", "source", "said"),
    [
        ("catalog.photos", "import search", "catalog knows nothing of it"),
        (
            "catalog.photos",
            "from search import tasks",
            "catalog knows nothing of it",
        ),
        (
            "catalog.photos",
            "from ml import encoder",
            "catalog knows nothing of it",
        ),
        ("search.tasks", "from fashionlens import urls", "search knows nothing of it"),
        ("search.tasks", "import ml.train", "search knows nothing of it"),
        (STOREFRONT, "import ml.train", "storefront knows nothing of it"),
        (STOREFRONT, "import fashionlens.urls", "storefront knows nothing of it"),
        ("ml.train", "from django.conf import settings", "ml runs without Django"),
        ("ml.train", "from catalog.models import Product", "ml knows nothing of it"),
        ("ml.encoder", "import keras", "a serving process would load it"),
        ("ml.encoder", "from ml import train", "a serving process would load it"),
        (STOREFRONT, "def f():\n import tensorflow", "only ml uses it"),
        (STOREFRONT, "def f():\n from catalog import models", "hides a cycle"),
        ("catalog.models", "import catalog.views", "stands below it"),
        ("ml.preprocess", "import ml.encoder", "import each other"),
        ("search.query.nearest", "import search.events.log", "stands above"),
        ("search.query.nearest", "import search.tasks", "stands above"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str, said: str) -> None:
    good = {
        "catalog.models": "from django.db import models",
        "catalog.photos": "from ml.preprocess import read_photo",
        "fashionlens.urls": "import fashionlens.storefront.views",
        STOREFRONT: "from catalog.models import Product\nimport search.tasks",
        "ml.encoder": "import ml.preprocess\ndef load():\n    import keras",
        "ml.preprocess": "import numpy",
        "search.events.log": "from search.query.nearest import nearest",
        "search.query.nearest": "from search.models import Embedding",
        "ml.train": "import tensorflow",
        "search.tasks": "from ml.encoder import Encoder",
    }
    assert violations(good) == []
    bad = good | {module: f"{good[module]}\n{source}"}
    assert said in "\n".join(violations(bad))


def test_a_web_process_does_not_load_what_training_needs() -> None:
    heavy = sorted(TRAINING)
    code = (
        "import sys, django; django.setup();"
        "import search, search.tasks, fashionlens.urls, fashionlens.wsgi;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "fashionlens.settings"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
