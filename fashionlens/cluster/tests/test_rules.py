import pytest
from django.db import connection
from django.db.models import Exists, OuterRef

from catalog.models import ProductImage
from fashionlens.cluster.rules import (
    RefusedByCluster,
    check_execution,
    check_statement,
)
from search.models import Embedding
from search.query.nearest import set_search_breadth


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT set_config('hnsw.ef_search', '40', true)",
        'SELECT 1 FROM "search_embedding" WHERE encoder_id = 1 FOR UPDATE',
        "SELECT 1 FROM search_embedding_e3 FOR NO KEY UPDATE",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON search_embedding_e1 (vector)",
        "CREATE TRIGGER t AFTER INSERT ON catalog_product EXECUTE FUNCTION f()",
        "SELECT 1 FROM e ORDER BY vector <=> (SELECT vector FROM e LIMIT 1)",
        "SELECT 1 FROM e ORDER BY vector <=> '[1]', image_id LIMIT 5",
        "ALTER TABLE search_embedding DETACH PARTITION e CONCURRENTLY",
    ],
)
def test_a_statement_that_a_cluster_refuses_is_refused(sql):
    with pytest.raises(RefusedByCluster):
        check_statement(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SET LOCAL hnsw.ef_search = 40",
        'SELECT 1 FROM "catalog_productimage" WHERE id = 1 FOR NO KEY UPDATE',
        "CREATE INDEX CONCURRENTLY i ON search_embedding_e1 (vector)",
        "CREATE TRIGGER t AFTER INSERT ON search_event EXECUTE FUNCTION f()",
        "SELECT 1 FROM e ORDER BY vector <=> '[1]' LIMIT 5",
        'SELECT EXISTS (SELECT 1 FROM "search_embedding" LIMIT 1)',
    ],
)
def test_other_statements_pass(sql):
    check_statement(sql)


def test_what_django_writes_for_a_correlated_subquery_is_refused():
    own = Embedding.objects.filter(image=OuterRef("pk"))
    for photos in (
        ProductImage.objects.filter(~Exists(own)),
        ProductImage.objects.exclude(embeddings__encoder=1),
    ):
        with pytest.raises(RefusedByCluster, match="correlated"):
            check_statement(str(photos.query))


@pytest.mark.django_db
def test_a_search_sets_what_a_cluster_passes_on():
    with connection.execute_wrapper(check_execution), connection.cursor() as cursor:
        set_search_breadth(10)
        cursor.execute("SHOW hnsw.iterative_scan")
        assert cursor.fetchone() == ("relaxed_order",)
