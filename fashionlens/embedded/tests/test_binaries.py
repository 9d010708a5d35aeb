import pytest

from fashionlens.embedded import binaries
from fashionlens.embedded.errors import EmbeddedError


def test_a_configured_binary_that_is_missing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBED_PG_BIN", str(tmp_path))
    with pytest.raises(EmbeddedError, match="EMBED_PG_BIN"):
        binaries.find_binaries(tmp_path, None)


@pytest.mark.parametrize(
    ("machine", "cpuinfo", "runs"),
    [
        ("x86_64", "flags\t\t: fpu sse4_2 avx2 fma bmi2", True),
        ("x86_64", "flags\t\t: fpu sse4_2", False),
        ("aarch64", "Features\t: fp asimd sve", True),
        ("aarch64", "Features\t: fp asimd atomics", False),
    ],
)
def test_the_wheel_is_used_on_cpus_that_run_its_pgvector(
    tmp_path, machine, cpuinfo, runs
):
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\n{cpuinfo}\n")
    assert binaries.cpu_runs_wheel("linux", machine, path) is runs
    assert binaries.cpu_runs_wheel("darwin", machine, path)
