"""What the benchmarks share: percentiles, a JSON last line, an address of our own."""

import argparse
import json
import socket

import numpy as np


def parser(description: str | None) -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument(
        "--json", action="store_true", help="end with one JSON object on one line"
    )
    return arguments


def report(figures: dict[str, object], *, as_json: bool) -> None:
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
