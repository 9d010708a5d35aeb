import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_probes_count_what_does_not_answer():
    # In a process of its own: the benchmark points the settings at its own shop.
    code = (
        "import psutil, time; from bench import hostile; from bench.cli import *;"
        "hostile.PROBE_EVERY_S = 0.01; probing = hostile.probing(free_port());"
        "probes = probing.__enter__(); time.sleep(0.2);"
        "probing.__exit__(None, None, None);"
        "assert probes.sent == probes.missed > 0;"
        "me = [psutil.Process()]; hostile._forget_peaks(me);"
        "before = hostile._peak(me[0]); bytes(50_000_000);"
        "big = b'x' * 50_000_000; assert hostile._peak(me[0]) > before + 40_000_000"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
