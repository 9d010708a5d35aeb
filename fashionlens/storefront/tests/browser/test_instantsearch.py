"""The InstantSearch adapter of the docs, on a page of another origin."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from catalog.tests.factories import make_photo_bytes
from fashionlens.keys.models import make_key

pytestmark = pytest.mark.django_db(transaction=True)
PHOTO = make_photo_bytes((120, 40, 90))  # of one of the products of `shop`
DOCS = Path(__file__).parents[4] / "docs"
LIBRARY = "clients/node_modules/instantsearch.js/dist/instantsearch.production.min.js"


@pytest.fixture
def origin() -> Iterator[str]:
    """Serve the docs; yield the origin."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/favicon.ico":
                self.send_response(204)
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *args: object) -> None:
            pass

    handler = partial(Handler, directory=str(DOCS))
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
def open_page(page: Page, origin, live_server, shop) -> Callable[[str], Page]:
    """Return a function that opens a file of the docs beside the shop."""
    key = make_key(name="page", kind="publishable", origins=[origin])[1]
    parameters = urlencode({"shop": live_server.url, "key": key})

    def open_page(path: str) -> Page:
        page.goto(f"{origin}/{path}?{parameters}")
        return page

    return open_page


def test_the_client_answers_as_instantsearch_expects(open_page):
    page = open_page("instantsearch/search-client.js")
    photo = list(PHOTO)
    answers = page.evaluate(
        """async (photo) => {
            const { fashionLens } = await import("/instantsearch/search-client.js");
            const given = new URLSearchParams(location.search);
            const client = fashionLens(given.get("shop"), { key: given.get("key") });
            const ask = async (params, indexName = "products") =>
                (await client.search([{ indexName, params }])).results[0];
            const facets = ["*"];
            const words = await ask({ query: "product", hitsPerPage: 2, facets });
            const dearest = await ask({ hitsPerPage: 1 }, "products:-price");
            const narrow = await ask({ hitsPerPage: 9, page: 0,
                facetFilters: [["category:hat"]], numericFilters: ["price>=1"] });
            const none = await ask({ numericFilters: ["price<=1"], hitsPerPage: 0 });
            const params = { facetName: "category", facetQuery: "ha" };
            const values = await client.searchForFacetValues([{ params }]);
            const type = "image/jpeg";
            await client.setPhoto(new Blob([new Uint8Array(photo)], { type }));
            const seen = await ask({ query: "", hitsPerPage: 2, facets: ["category"] });
            await client.setPhoto(null);
            return { words, dearest, narrow, none, values, seen };
        }""",
        photo,
    )
    words, seen = answers["words"], answers["seen"]
    assert words["nbPages"] == -(-words["nbHits"] // 2)
    assert "dress" in words["facets"]["category"]
    assert words["facets_stats"]["price"]["min"] > 0
    title = words["hits"][0]["_highlightResult"]["title"]
    assert "__ais-highlight__" in title["value"] and title["matchLevel"] == "full"
    assert len(answers["dearest"]["hits"]) == 1
    assert {hit["category"]["slug"] for hit in answers["narrow"]["hits"]} == {"hat"}
    assert (answers["none"]["nbHits"], answers["none"]["hits"]) == (0, [])
    assert [each["value"] for each in answers["values"][0]["facetHits"]] == ["hat"]
    assert seen["hits"][0]["band"] == "same item"
    assert seen["hits"][0]["photo"]["url"].startswith("http")


def test_the_page_of_the_docs_searches_by_words_and_photo(open_page):
    if not (DOCS / LIBRARY).exists():
        pytest.skip("Run npm install in docs/clients")
    page = open_page("instantsearch/example.html")
    hits = page.locator("#hits li")
    expect(hits.first).to_be_visible()
    page.locator("#words input").fill("product")
    expect(page.locator("#hits mark").first).to_have_text("product", ignore_case=True)
    page.locator("#words input").fill("")
    photo = {
        "name": "a.jpg",
        "mimeType": "image/jpeg",
        "buffer": PHOTO,
    }
    page.locator("#photo input").set_input_files(photo)  # type: ignore[arg-type]
    expect(hits.first).to_contain_text("same item")
    page.get_by_role("button", name="Without photo").click()
    expect(hits.first).not_to_contain_text("same item")
