from catalog.feeds.seen_skus import seen_skus


def test_a_sku_that_was_there_is_returned_with_its_first_row():
    with seen_skus() as seen:
        assert seen.add({"a": 2, "b": 3}) == {}
        assert seen.add({"b": 4, "c": 5}) == {"b": 3}
        assert seen.add({"b": 6}) == {"b": 3}


def test_skus_that_no_row_has_named_are_unseen():
    with seen_skus() as seen:
        seen.add({"a": 2})
        assert seen.unseen(["b", "a", "A"]) == ["b", "A"]


def test_nothing_is_asked_of_the_database(django_assert_num_queries, db):
    with django_assert_num_queries(0), seen_skus() as seen:
        seen.add({"a": 2})
