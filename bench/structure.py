"""Figures of the source code: folder sizes, names, docstrings, imports, call paths.

    python -m bench.structure [--json]

The last figures count the project's own files and functions that one photo search
through the API passes.
"""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from bench.cli import make_parser, percentile, print_figures

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("fashionlens", "catalog", "search", "ml", "bench")
# Nouns of the field that end like gerunds.
NOUNS = {"embedding", "fine_tuning", "indexing", "listing", "ranking", "timing"}


@dataclass
class Module:
    path: Path
    tree: ast.Module
    functions: list[ast.FunctionDef] = field(default_factory=list)

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts)


def main() -> None:
    options = make_parser(__doc__).parse_args()
    modules = own_modules()
    functions = [each for module in modules for each in module.functions]
    lengths = [each.end_lineno - each.lineno + 1 for each in functions]  # type: ignore[operator]
    gerunds = [m for m in modules if is_gerund(m.path.stem)]
    documented = [each for each in functions if ast.get_docstring(each)]
    folder, largest = Counter(m.path.parent for m in modules).most_common(1)[0]
    importer = max(modules, key=lambda m: len(project_imports(m)))
    files, calls = photo_search_path()
    figures = {
        "modules": len(modules),
        "largest_folder": largest,
        "largest_folder_name": str(folder.relative_to(ROOT)),
        "gerund_share": round(len(gerunds) / len(modules), 4),
        "gerunds": sorted(m.name for m in gerunds),
        "functions": len(functions),
        "docstring_share": round(len(documented) / len(functions), 4),
        "most_project_imports": len(project_imports(importer)),
        "most_project_imports_module": importer.name,
        "function_lines_p95": percentile(np.array(lengths), 95),
        "photo_search_files": files,
        "photo_search_functions": calls,
    }
    print_figures(figures, as_json=options.json)


@cache
def own_modules() -> list[Module]:
    """Return every module but tests, migrations and empty `__init__` files."""
    modules = []
    listed = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True
    )
    for name in listed.stdout.split():
        path = ROOT / name
        parts = set(path.relative_to(ROOT).parts)
        text = path.read_text()
        if parts & {"tests", "migrations"} or path.stem == "conftest" or not text:
            continue
        if path.relative_to(ROOT).parts[0] in ROOMS:
            tree = ast.parse(text)
            nodes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
            modules.append(Module(path, tree, nodes))
    return modules


def is_gerund(name: str) -> bool:
    if name in NOUNS:
        return False
    words = name.split("_")
    return any(re.fullmatch(r"[a-z]{3,}ing", w) and w not in NOUNS for w in words)


def project_imports(module: Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.split(".")[0] in ROOMS}


def photo_search_path() -> tuple[int, int]:
    """Return the number of own files and functions that one photo search passes.

    Trace it by the interpreter in a temporary shop, after one search that loads
    everything.
    """
    from bench.empty_shop import empty_shop

    with empty_shop():
        return trace(prepare_search())


def prepare_search() -> Callable[[], Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client

    from bench.encode import draw_photo, jpeg_bytes
    from catalog.models import Category, Product
    from catalog.photos.store import add_photo
    from search.index.embed import embed_due
    from search.index.encoders import active_encoder

    photo = jpeg_bytes(draw_photo((400, 533)))
    category = Category.objects.create(name="Dresses", slug="dress")
    product = Product.objects.create(
        sku="A", slug="a", title="A", category=category, price_cents=1990, stock=1
    )
    add_photo(product=product, data=photo)
    embed_due(encoder=active_encoder())
    client = Client(SERVER_NAME="127.0.0.1")

    def search() -> None:
        upload = SimpleUploadedFile("photo.jpg", photo, "image/jpeg")
        answer = client.post("/api/v1/search/", {"photo": upload})
        assert answer.status_code == 200

    search()
    return search


def trace(call: Callable[[], Any]) -> tuple[int, int]:
    files: set[str] = set()
    functions: set[tuple[str, str]] = set()
    own = tuple(f"{ROOT / room}/" for room in ROOMS if room != "bench")

    def note(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(own):
            files.add(code.co_filename)
            functions.add((code.co_filename, code.co_qualname))

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return len(files), len(functions)


if __name__ == "__main__":
    main()
