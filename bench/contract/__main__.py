"""Send what the schema of the API allows, and what it does not, to every endpoint.

    python -m bench.contract [--examples 200] [--kinds secret ...]

A drawn shop is served for it. Schemathesis makes the requests and checks the answers
against the schema: with a secret key that may do everything, with a publishable one,
and without a key.
"""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from bench.cli import make_parser
from bench.ops.shop import TrialShop, trial_shop

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))
SCOPES = ("catalogue", "photos", "feeds", "index", "events")
KINDS = ("none", "publishable", "secret")


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--examples", type=int, default=200, help="of each endpoint")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--operation", help="the id of one endpoint")
    options = parser.parse_args()
    unlimited = {"API_KEY_RATE": "", "BROWSE_RATE": ""}
    with trial_shop() as shop, shop.web(**unlimited) as address:
        statuses = [run(shop, address, kind, options) for kind in options.kinds]
    sys.exit(max(statuses))


def run(shop: TrialShop, address: str, kind: str, options: Namespace) -> int:
    command = [SCHEMATHESIS, "--config-file", str(CONFIG)]
    command += ["run", str(ROOT / "docs" / "openapi.yaml")]
    command += ["--url", address]
    command += ["--max-examples", str(options.examples)]
    command += ["--phases", "examples,coverage,fuzzing", "--continue-on-failure"]
    command += ["--suppress-health-check", "all", "--warnings", "off"]
    if options.operation:
        command += ["--include-operation-id", options.operation]
    if kind != "none":
        command += ["--header", f"Authorization: Bearer {make_key(shop, kind)}"]
    print(f"\n{kind}:", flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def make_key(shop: TrialShop, kind: str) -> str:
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    more = scopes if kind == "secret" else []
    printed = shop.manage("api_key", "make", f"contract {kind}", *more)
    return next(word for word in printed.split() if word.startswith("fl_"))


if __name__ == "__main__":
    main()
