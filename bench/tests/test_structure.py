import ast
from pathlib import Path

from bench import structure
from bench.structure import Module, is_gerund, own_modules, project_imports
from catalog.slugs import slug_of


def make_module(source: str) -> Module:
    return Module(structure.ROOT / "search/query/example.py", ast.parse(source))


def test_gerunds_are_recognised_except_for_nouns_of_the_field():
    assert is_gerund("browsing")
    assert is_gerund("encoder_comparing")
    assert not is_gerund("fine_tuning")
    assert not is_gerund("listing")


def test_module_names_are_dotted():
    assert make_module("").name == "search.query.example"


def test_only_imports_of_the_project_count():
    source = (
        "import os\nimport catalog.models\nfrom ml.encoder import Encoder\n"
        "from django.db import models\ndef f():\n    from search import tasks\n"
    )
    assert project_imports(make_module(source)) == {
        "catalog.models",
        "ml.encoder",
        "search",
    }


def test_tests_and_migrations_are_not_modules_of_the_project():
    paths = [module.path.relative_to(structure.ROOT) for module in own_modules()]
    assert Path("bench/structure.py") in paths
    assert not [path for path in paths if {"tests", "migrations"} & set(path.parts)]


def test_the_trace_counts_own_files_and_each_function_once():
    files, functions = structure.trace(lambda: slug_of("A b"))
    assert files == 1
    assert functions >= 1
    twice = structure.trace(lambda: [slug_of("A b"), slug_of("C d")])
    assert twice == (files, functions)
    assert structure.trace(lambda: is_gerund("bench")) == (0, 0)
