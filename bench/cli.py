"""Command-line options, output and percentiles of the benchmarks."""

import argparse
import json
import os
import socket
from pathlib import Path

import numpy as np


def make_parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--json", action="store_true", help="end with one JSON object on one line"
    )
    return parser


def make_data_parser(description: str | None) -> argparse.ArgumentParser:
    parser = make_parser(description)
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("FASHIONLENS_DATA"),
        required="FASHIONLENS_DATA" not in os.environ,
        help="folder with train/ and test/ class folders (or FASHIONLENS_DATA)",
    )
    return parser


def print_figures(figures: dict[str, object], *, as_json: bool) -> None:
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value}")
    if as_json:
        print(json.dumps(figures))


def percentile(times: np.ndarray, share: float) -> float:
    return round(float(np.percentile(times, share)), 2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
