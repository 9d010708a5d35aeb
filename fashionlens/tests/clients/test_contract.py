"""Every endpoint answers as the schema says; `bench.contract` does this at length."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from fashionlens.keys.models import ApiKey, make_key
from search.tests.shop import make_shop

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA = schemathesis.openapi.from_path(
    Path(__file__).parents[3] / "docs" / "openapi.yaml"
)
EXAMPLES = 2


def authorization(kind: str) -> dict[str, str]:
    if kind == "none":
        return {}
    scopes = ApiKey.Scope.values if kind == "secret" else []
    token = make_key(name=kind, kind=kind, scopes=scopes)[1]
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("kind", ["none", "publishable", "secret"])
def test_answers_are_as_the_schema_says(live_server, embed, kind):
    make_shop(embed)
    load_all_checks()
    headers = authorization(kind)

    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(
            base_url=live_server.url,
            headers=headers,
            excluded_checks=[positive_data_acceptance],
        )

    quick = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    for result in SCHEMA.get_all_operations():
        operation = result.ok()
        quick(given(case=operation.as_strategy())(check))()
