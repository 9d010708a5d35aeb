"""The shape of the code: small folders, one meaning for a type name, plain nouns."""

import ast
from collections import Counter, defaultdict

from bench.structure import is_gerund, own_modules

MAX_MODULES = 16
# Django's commands; a network (`ml.encoder`) and the row that names it.
SHARED_NAMES = {"Command", "Encoder"}


def test_folders_are_small() -> None:
    sizes = Counter(module.path.parent for module in own_modules())
    assert {f: n for f, n in sizes.items() if n > MAX_MODULES} == {}


def test_no_two_modules_define_a_type_of_one_name() -> None:
    places = defaultdict(list)
    for module in own_modules():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and node.name not in SHARED_NAMES:
                places[node.name].append(module.name)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_modules_are_named_by_nouns() -> None:
    assert [m.name for m in own_modules() if is_gerund(m.path.stem)] == []


def test_gettext_keeps_its_name() -> None:
    """No function of a module that calls gettext `_` gives this name to a value."""
    found = {
        f"{module.name}:{name.lineno}"
        for module in own_modules()
        if any(_imports_gettext(node) for node in module.tree.body)
        for statement in ast.walk(module.tree)
        if isinstance(statement, ast.stmt)  # not what a comprehension names
        for name in _stored(statement)
        if name.id == "_"
    }
    assert found == set()


def _imports_gettext(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(
        each.asname == "_" for each in node.names
    )


def _stored(statement: ast.stmt) -> list[ast.Name]:
    targets = [getattr(statement, "target", None), *getattr(statement, "targets", [])]
    targets += [item.optional_vars for item in getattr(statement, "items", [])]
    return [
        name
        for target in targets
        if target is not None
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    ]
