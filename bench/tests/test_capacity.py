from bench.ops.capacity import Constants, Server, compute_need, table

SMALL = Server(memory_gb=16, cores=4)


def step(photos: int, wanted: float = 1, server: Server = SMALL) -> str:
    return compute_need(photos, wanted, Constants(), server).step


def test_the_steps_come_in_order_as_a_shop_grows():
    steps = [step(10**power) for power in (5, 6, 7)]
    assert steps[:2] == ["one server", "one server"]
    assert step(15_000_000) == "QUANTISED_INDEX=1"
    assert step(100_000_000) == "QUANTISED_INDEX=1; a cluster of 5 nodes"


def test_more_searches_take_replicas_and_no_cluster():
    one = compute_need(10**6, 1, Constants(), SMALL).searches_per_s
    assert step(10**6, wanted=one * 2.5) == "2 replicas"


def test_sizes_grow_with_the_photos_and_times_a_little_more():
    one, ten = (compute_need(n, 1, Constants(), SMALL) for n in (10**6, 10**7))
    assert ten.index_gb == round(10 * 1e6 * Constants().index / 1e9, 1)
    assert ten.build_min > 10 * one.build_min
    assert one.searches_per_s / 2 < ten.searches_per_s < one.searches_per_s


def test_the_table_has_a_line_for_each_size():
    needs = [compute_need(n, 1, Constants(), SMALL) for n in (10**5, 10**6)]
    assert len(table(needs).splitlines()) == 4
