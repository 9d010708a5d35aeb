"""Every component in every state, compared with what was committed.

Compared are computed styles, not pictures: a picture differs between machines by their
fonts. After a change that is meant, run it with UPDATE_REFERENCES=1 and read the diff.
"""

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fashionlens.storefront.tests.browser.touch import SMALL_TARGETS

REFERENCES = Path(__file__).parent / "styles.json"
# By component: what an element is -> how it is shown. Sizes of text depend on fonts.
STYLES = """() => {
  const wanted = ["display", "position", "padding", "border", "border-radius",
    "font-size", "font-weight", "color", "background-color", "opacity", "gap"];
  const nameOf = (element) =>
    [element.tagName.toLowerCase(), ...element.classList].join(".") +
    (element.hasAttribute("aria-current") ? "[aria-current]" : "");
  const found = {};
  for (const section of document.querySelectorAll("[data-component]")) {
    const styles = (found[section.dataset.component] = {});
    for (const element of section.querySelectorAll("*")) {
      if (element.closest("svg")) continue;
      const name = `${nameOf(element.parentElement)} > ${nameOf(element)}`;
      const computed = getComputedStyle(element);
      styles[name] ??= wanted.map((each) => computed.getPropertyValue(each)).join("; ");
    }
  }
  return found;
}"""


@pytest.fixture
def open_styles(browser: Browser, live_server, settings):
    settings.DEBUG = True
    contexts = []

    def open_page(**options):
        contexts.append(browser.new_context(base_url=live_server.url, **options))
        page = contexts[-1].new_page()
        page.goto("/_style/")
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_components_look_as_committed(open_styles):
    found = {
        scheme: open_styles(color_scheme=scheme).evaluate(STYLES)
        for scheme in ("light", "dark")
    }
    if os.environ.get("UPDATE_REFERENCES"):
        REFERENCES.write_text(json.dumps(found, indent=1) + "\n")
    committed = json.loads(REFERENCES.read_text())
    for scheme, components in committed.items():
        for name, styles in components.items():
            assert found[scheme][name] == styles, (scheme, name)
    assert found.keys() == committed.keys()
    assert found["light"].keys() == committed["light"].keys()


@pytest.mark.parametrize("width", [320, 390])
def test_components_fit_a_phone_and_a_finger(open_styles, width):
    page = open_styles(
        viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True
    )
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(SMALL_TARGETS) == []


def test_the_page_is_for_developers(client):
    assert client.get("/_style/").status_code == 404
