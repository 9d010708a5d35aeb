"""Clients that search with photos, in a process of their own.

    python -m bench.load.uploads PORT CLIENTS SECONDS PHOTO...

A client that is refused comes again after a second. Prints one JSON object.
"""

import http.client
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

PATH = "/api/v1/search/?page_size=12"
PAUSE_S = 1.0
FOUND = 200


def main() -> None:
    port, clients, seconds = map(int, sys.argv[1:4])
    photos = [Path(name).read_bytes() for name in sys.argv[4:]]
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(clients) as pool:
        each = pool.map(lambda n: _client(port, end, photos, n), range(clients))
        answers = [answer for client in each for answer in client]
    found_ms = [taken for status, taken in answers if status == FOUND]
    statuses = Counter(str(status) for status, _ in answers)
    print(json.dumps({"statuses": statuses, "found_ms": found_ms}))


def _client(
    port: int, end: float, photos: list[bytes], number: int
) -> list[tuple[int, float]]:
    answers: list[tuple[int, float]] = []
    for photo in cycle(islice(photos, number % len(photos), None)):
        if time.monotonic() >= end:
            return answers
        started = time.perf_counter()
        status = _search(port, photo)
        answers.append((status, (time.perf_counter() - started) * 1000))
        if status != FOUND:
            time.sleep(PAUSE_S)
    return answers


def _search(port: int, photo: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", PATH, photo, {"Content-Type": "image/jpeg"})
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


if __name__ == "__main__":
    main()
