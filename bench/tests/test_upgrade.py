import pytest

from bench.ops.upgrade import RELEASE, has_release, upgrade


# Two releases start four processes in turn: half a minute.
def test_a_shop_is_updated_while_it_is_open():
    if not has_release():
        pytest.skip("this clone has no history")
    answers = upgrade(RELEASE)
    for answered in answers.values():
        assert answered.pop("found") == "True"
        assert answered.pop("photo") == "303"
        assert set(answered.values()) == {"200"}
