import psutil

from bench import probes
from bench.cli import free_port
from bench.hostile.processes import forget_peaks, peak_bytes


def test_probes_count_what_does_not_answer(monkeypatch):
    monkeypatch.setattr(probes, "PROBE_EVERY_S", 0.01)
    with probes.probing(free_port()) as counted:
        pass
    assert counted.sent == counted.missed > 0


def test_the_peak_of_memory_counts_what_was_freed():
    me = psutil.Process()
    forget_peaks([me])
    before = peak_bytes(me)
    bytearray(b"x") * 50_000_000
    assert peak_bytes(me) > before + 40_000_000
