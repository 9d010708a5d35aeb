"""Going back, trying again, and a connection that comes and goes."""

from pathlib import Path

import pytest

from fashionlens.tests.test_browser import (  # noqa: F401
    browser,
    context,
    expect_results,
    file_of,
    page,
    pytestmark,
    shop,
)


@pytest.fixture
def files(shop, tmp_path) -> list[Path]:  # noqa: F811
    """Photos on the shopper's own disk: a browser knows a file again by its place."""
    paths = [tmp_path / f"{n}.jpg" for n in range(2)]
    for path, product in zip(paths, shop, strict=False):
        path.write_bytes(file_of(product)["buffer"])
    return paths


def test_the_photo_that_was_chosen_last_can_be_chosen_again(page, shop, files):  # noqa: F811
    page.goto("/search/")
    page.set_input_files("#photo", files[0])
    expect_results(page, shop[0])
    page.set_input_files("#photo", files[1])
    expect_results(page, shop[1])
    page.go_back()
    expect_results(page, shop[0])
    page.set_input_files("#photo", files[1])
    expect_results(page, shop[1])
