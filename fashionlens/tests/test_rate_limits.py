import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from catalog.tests.factories import make_photo_bytes, make_product
from fashionlens.checks import check_client_addresses
from fashionlens.rate_limits import client_address, count_request
from search.tests.shop import upload

# Requests that each limit counts, and requests beside it that do not count.
SCOPES = {
    "search": ["POST /search/", "POST /api/v1/search/"],
    "refinements": [
        "GET /search/some-query-id/",
        "GET /search/some-query-id/filters/",
        "GET /api/v1/search/some-query-id/",
    ],
    "words": ["GET /?q=red", "GET /filters/?q=red", "GET /api/v1/products/?q=red"],
    "suggestions": ["GET /suggestions/?q=re"],
    "events": ["POST /api/v1/events/", "GET /products/red/?q=list&p=1"],
    "readyz": ["GET /readyz"],
}
FREE = ["GET /", "GET /search/", "GET /api/v1/products/", "GET /products/red/"]


@pytest.fixture
def limits(settings) -> dict[str, str]:
    cache.clear()
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "")
    return settings.RATE_LIMITS


@pytest.fixture
def ask(client, fake_encoder):
    make_product(sku="red", title="Red", slug="red")

    def ask(line: str, **headers: str):
        method, path = line.split(" ")
        photo = {"photo": upload(make_photo_bytes())}
        if method == "GET":
            return client.get(path, **headers)
        if "events" in path:
            return client.post(path, "{}", "application/json", **headers)
        return client.post(path, photo, **headers)

    return ask


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_has_a_limit_for_pages_and_api_together(ask, limits, scope):
    limits[scope] = "3/min"
    lines = (SCOPES[scope] * 3)[:3]
    for left, line in zip((2, 1, 0), lines, strict=True):
        answer = ask(line)
        assert answer.status_code != 429, line
        assert answer["RateLimit-Policy"] == f'"{scope}";q=3;w=60'
        assert re.fullmatch(rf'"{scope}";r={left};t=\d+', answer["RateLimit"])
    for line in SCOPES[scope]:
        answer = ask(line)
        assert answer.status_code == 429, line
        assert 0 < int(answer["Retry-After"]) <= 60
        assert f'"{scope}";r=0;' in answer["RateLimit"]
    assert ask(lines[0], REMOTE_ADDR="203.0.113.9").status_code != 429


def test_the_api_answers_with_a_problem_and_a_page_with_a_sentence(ask, limits):
    limits["words"] = "1/min"
    ask("GET /?q=red")
    assert ask("GET /api/v1/products/?q=red").json()["code"] == "throttled"
    assert "seconds" in ask("GET /?q=red").text


@pytest.mark.parametrize("line", FREE)
def test_other_pages_are_free(ask, settings, line):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1/day")
    for _ in range(2):
        answer = ask(line)
        assert answer.status_code == 200
        assert "RateLimit" not in answer


def test_no_limit_means_no_counting(ask, limits):
    assert "RateLimit" not in ask("GET /?q=red")


def test_of_parallel_requests_only_the_allowed_pass():
    cache.clear()
    with ThreadPoolExecutor(16) as threads:
        counted = [
            threads.submit(count_request, "search", "192.0.2.1", "20/day")
            for _ in range(64)
        ]
    assert sum(each.result().is_allowed for each in counted) == 20


def test_without_the_cache_pages_are_answered(ask, limits, settings):
    limits["words"] = "1/min"
    elsewhere = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = settings.CACHES | {"default": elsewhere}
    assert ask("GET /api/v1/products/?q=red").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.1", "192.0.2.7"),
        (1, "", "192.0.2.7"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "203.0.113.1, 198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.1, 198.51.100.1", "203.0.113.1"),
        (2, "198.51.100.1", "198.51.100.1"),
        (1, "not an address", "192.0.2.7"),
        (1, "::ffff:198.51.100.1", "198.51.100.1"),
        (1, "2001:db8:1:2:3::4", "2001:db8:1:2::"),
        (1, "::1", "::"),
    ],
)
def test_the_client_is_the_one_that_trusted_proxies_report(
    settings, proxies, forwarded, expected
):
    settings.NUM_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(REMOTE_ADDR="192.0.2.7").get("/", headers=headers)
    assert client_address(request) == expected


@pytest.mark.parametrize(
    ("proxies", "https", "origins", "ids"),
    [
        (0, False, [], []),
        (1, True, [], []),
        (0, True, [], ["fashionlens.W001"]),
        (0, False, ["https://shop.example"], ["fashionlens.W001"]),
        (0, False, ["http://localhost:8000"], []),
    ],
)
def test_a_check_warns_when_all_clients_share_an_address(
    settings, proxies, https, origins, ids
):
    settings.NUM_PROXIES = proxies
    settings.CSRF_TRUSTED_ORIGINS = origins
    header = ("HTTP_X_FORWARDED_PROTO", "https") if https else None
    settings.SECURE_PROXY_SSL_HEADER = header
    assert [message.id for message in check_client_addresses()] == ids
