"""Times and SQL queries of the admin: list, form, first page, bulk changes, deletion.

    python -m bench.admin --products 100000 [--rounds 30] [--data DIR] [--json]

It uses the shop that `bench.pages` fills under var/, and gives back what it changes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.cli import make_parser, print_figures
from bench.pages.__main__ import drawn_photos, shop_environment


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30, help="of each page")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("FASHIONLENS_DATA"), help="optional"
    )
    options = parser.parse_args()
    photos = options.data / "train" if options.data else drawn_photos()
    command = [sys.executable, "-m", "bench.admin.measure"]
    for name in ("products", "rounds"):
        command += [f"--{name}", str(getattr(options, name))]
    done = subprocess.run(
        [*command, "--photos", str(photos)],
        env=shop_environment(options.products),
        stdout=subprocess.PIPE,
        check=True,
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    print_figures(figures, as_json=options.json)


if __name__ == "__main__":
    main()
