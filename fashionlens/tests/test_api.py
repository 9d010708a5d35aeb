"""The API as a whole: its root, errors outside its views, docs and CORS."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from catalog.api.categories import CategoryListView
from fashionlens.keys.deprecation import Deprecation

pytestmark = pytest.mark.django_db


def assert_problem(response, status: int, code: str) -> str:
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert response.status_code == body["status"] == status
    assert body["code"] == code
    assert body.keys() >= {"type", "title", "detail"}
    return body["detail"]


def test_the_root_names_addresses_that_are_there(client):
    links = client.get("/api/v1/").json()
    assert list(links) == ["products", "categories", "search", "schema", "docs"]
    for name, url in links.items():
        assert client.get(url).status_code == (400 if name == "search" else 200)


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
@pytest.mark.parametrize("url", ["/api/", "/api/v2/", "/api/v1/nothing/", "/api/v1/x"])
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_an_unknown_address_is_a_problem(client, method, url, accept):
    response = getattr(client, method)(url, headers={"Accept": accept})
    assert_problem(response, 404, "not_found")


def test_an_address_without_its_slash_is_a_problem_that_names_it(client):
    detail = assert_problem(client.get("/api/v1/products"), 404, "not_found")
    assert "/api/v1/products/" in detail
    detail = assert_problem(client.post("/api/v1/search"), 404, "not_found")
    assert "/api/v1/search/" in detail


@pytest.mark.parametrize(
    "url",
    ["/api/v1/", "/api/v1/products/", "/api/v1/categories/", "/api/docs/"],
)
def test_a_wrong_method_is_a_problem_that_names_it(client, url):
    response = client.delete(url)
    assert "DELETE" in assert_problem(response, 405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


def test_html_is_not_offered(client):
    response = client.get("/api/v1/products/", headers={"Accept": "text/html"})
    detail = assert_problem(response, 406, "not_acceptable")
    assert "application/json" in detail


def test_a_browser_that_comes_by_gets_json(client):
    accept = "text/html,application/xhtml+xml,*/*;q=0.8"
    response = client.get("/api/v1/products/", headers={"Accept": accept})
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("url", ["/api/v1/?a=1", "/api/v1/categories/?a=1"])
def test_an_unknown_parameter_is_a_problem(client, url):
    assert_problem(client.get(url), 400, "invalid")


def test_too_many_parameters_are_a_problem(client):
    query = "&".join(f"x{number}=1" for number in range(1001))
    assert_problem(client.get(f"/api/v1/products/?{query}"), 400, "parse_error")


def test_an_unknown_host_is_a_problem_that_names_the_setting(client):
    response = client.get("/api/v1/products/", headers={"Host": "web:8000"})
    assert "ALLOWED_HOSTS" in assert_problem(response, 400, "parse_error")
    page = client.get("/", headers={"Host": "web:8000"})
    assert (page.status_code, page.headers["Content-Type"][:9]) == (400, "text/html")


def test_the_schema_is_valid_and_without_warnings(tmp_path):
    file = tmp_path / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    schema = yaml.safe_load(file.read_text())
    assert schema["openapi"] == "3.1.0"
    assert all(path.startswith("/api/v1/") for path in schema["paths"])


def test_the_schema_describes_the_photo_and_every_problem(client):
    response = client.get("/api/schema/?format=json")
    schema = response.json()
    search = schema["paths"]["/api/v1/search/"]["post"]
    form = schema["components"]["schemas"]["SearchRequest"]
    assert form["properties"]["photo"]["format"] == "binary"
    assert "required" not in form  # any mix will do
    types = {"multipart/form-data", "image/*", "application/json"}
    assert search["requestBody"]["content"].keys() == types
    problem = {"$ref": "#/components/schemas/Problem"}
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["summary"] and operation["description"]
            assert "503" in operation["responses"] or operation["operationId"] == "root"
            for status, answer in operation["responses"].items():
                if status not in ("200", "201", "202", "204"):
                    content = answer["content"]["application/problem+json"]
                    assert content["schema"] == problem
                    assert content["examples"]


def test_the_committed_schema_is_that_of_the_code(tmp_path):
    file = tmp_path / "schema.yml"
    call_command("spectacular", file=str(file))
    committed = Path(__file__).parents[2] / "docs" / "openapi.yaml"
    assert file.read_text() == committed.read_text(), "Run `make schema`."


def test_the_schema_says_where_a_key_is_needed(client):
    paths = client.get("/api/schema/?format=json").json()["paths"]
    assert {} in paths["/api/v1/products/{sku}/"]["get"]["security"]
    assert {} in paths["/api/v1/events/"]["post"]["security"]
    for path, method in (("{sku}", "put"), ("bulk", "post"), ("{sku}/photos", "put")):
        write = paths[f"/api/v1/products/{path}/"][method]
        assert write["security"] == [{"key": []}]
        assert [*write["requestBody"]["content"]] == ["application/json"]


def test_the_docs_load_nothing_from_elsewhere(client):
    page = client.get("/api/docs/").content.decode()
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
    assert len(addresses) >= 3
    own = ("/static/", "/api/docs/")
    assert all(address.startswith(own) for address in addresses)
    assert not re.findall(r"https?://(?!testserver)", page)


ELSEWHERE = "https://app.example"


def test_other_origins_are_refused_by_default(client):
    response = client.get("/api/v1/", headers={"Origin": ELSEWHERE})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_named_origin_may_read_and_search(client, settings):
    settings.CORS_ALLOWED_ORIGINS = [ELSEWHERE]
    read = client.get("/api/v1/products/?x=1", headers={"Origin": ELSEWHERE})
    assert read.headers["Access-Control-Allow-Origin"] == ELSEWHERE
    assert "Access-Control-Allow-Credentials" not in read.headers
    asked = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}
    preflight = client.options("/api/v1/search/", headers=asked)
    assert preflight.status_code == 200
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "DELETE" not in preflight.headers["Access-Control-Allow-Methods"]


def test_pages_outside_the_api_stay_closed_to_other_origins(client, settings):
    settings.CORS_ALLOWED_ORIGINS = [ELSEWHERE]
    response = client.get("/healthz", headers={"Origin": ELSEWHERE})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_what_will_be_gone_says_so(client, monkeypatch):
    gone = Deprecation(
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2027, 7, 1, tzinfo=UTC),
        "https://shop.example/docs",
    )
    monkeypatch.setattr(CategoryListView, "deprecation", gone, raising=False)
    for query in ("", "?a=1"):
        answer = client.get(f"/api/v1/categories/{query}")
        assert answer.headers["Deprecation"] == "@1798761600"
        assert answer.headers["Sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
        assert 'rel="deprecation"' in answer.headers["Link"]
    assert "Deprecation" not in client.get("/api/v1/products/").headers
    paths = client.get("/api/schema/?format=json").json()["paths"]
    assert paths["/api/v1/categories/"]["get"]["deprecated"] is True
    assert "deprecated" not in paths["/api/v1/products/"]["get"]


def test_every_code_of_the_schema_is_explained():
    docs = Path(__file__).parents[2] / "docs"
    schema = yaml.safe_load((docs / "openapi.yaml").read_text())
    codes = {
        example["value"]["code"]
        for operations in schema["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        for example in content.get("examples", {}).values()
        if "code" in example["value"]
    }
    assert len(codes) > 30
    explained = (docs / "api.md").read_text()
    assert [code for code in sorted(codes) if f"`{code}`" not in explained] == []
