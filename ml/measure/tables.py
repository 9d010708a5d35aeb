"""The report's tables beside ours, as text.

`None` prints as a dash: a figure of the report that is not known here, or one of
ours that could not be measured. Figures are shown, never filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = tuple[str, str | None, str | None]

REPORT = {  # what the report states, as far as it is known
    "photos": "3,068",
    "dimension": "128",
    "triplets": "97.50 %",
    "query": "under 1 s",
}


def all_tables(figures: dict[str, Any]) -> str:
    """Everything `ml.evaluate` prints, from the figures it also writes as JSON."""
    return "\n\n".join(
        [
            _loss_table(figures["loss"]),
            _index_table(figures["index"]),
            _similarity_table(figures["similarity"]),
            _time_table(figures),
            _triplet_table(figures["triplets_in_order"]),
            _category_table(figures["category"], figures["split"]),
            _alike_table(figures["alike"], figures["very_similar"]),
            _placed_table(figures["placed"]),
            _nothing_table(figures["without_garment"], figures["refused"]),
            _mistakes_table(figures["mistakes"]),
            _instance_table(figures["instance"]),
            _studio_table(figures["studio"]),
            _features_table(figures["looks"]),
            _bands_table(figures["bands"], figures["split"]),
        ]
    )


def table(title: str, rows: Sequence[Row], heads: tuple[str, ...] = ()) -> str:
    """Three columns of text: what, the report's, ours."""
    head = heads or ("", "report", "ours")
    lines = [head, *[tuple("-" if cell is None else cell for cell in r) for r in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(3)]
    text = [
        f"  {line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:>{widths[2]}}"
        for line in lines
    ]
    rule = "  " + "  ".join("-" * width for width in widths)
    return "\n".join([title, text[0].rstrip(), rule, *text[1:]])


def share(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.2f} %"


def figure(value: float | None, digits: int = 3) -> str | None:
    return None if value is None else f"{value:.{digits}f}"


def _loss_table(epochs: list[dict[str, Any]]) -> str:
    rows: list[Row] = []
    for row in epochs:
        rows.append((f"epoch {row['epoch']}, training", None, figure(row["train"], 4)))
        rows.append(("  on validation photos", None, figure(row["validation"], 4)))
    return table("Table 6.1: loss by epoch", rows or [("-", None, None)])


def _index_table(index: dict[str, Any]) -> str:
    count, dimension = index["photos"], index["dimension"]
    return table(
        "Table 6.2: the index",
        [
            ("photos indexed", REPORT["photos"], f"{count:,} of {index['files']:,}"),
            ("dimension", REPORT["dimension"], f"{dimension}"),
            ("shape", None, f"({count}, {dimension})"),
        ],
    )


def _similarity_table(similarity: dict[str, Any]) -> str:
    rows: list[Row] = []
    for words, key in (("seen in training", "seen"), ("not seen", "unseen")):
        inside, between = similarity[key]["inside"], similarity[key]["between"]
        rows.append((f"mean inside categories, {words}", None, figure(inside)))
        rows.append((f"mean between categories, {words}", None, figure(between)))
    low, high = similarity["norms"]
    rows.append(("L2 norm, least and greatest", None, f"{low:.6f}, {high:.6f}"))
    return table("Table 6.3: cosine similarity", rows)


def _time_table(figures: dict[str, Any]) -> str:
    query = figures["query_ms"]
    return table(
        "Table 7.1: searching with a photo (file to the ten closest, one thread)",
        [
            ("query, median", REPORT["query"], f"{query['median']:.1f} ms"),
            ("query, 95th percentile", None, f"{query['p95']:.1f} ms"),
            ("photos indexed", REPORT["photos"], f"{figures['index']['photos']:,}"),
        ],
    )


def _triplet_table(triplets: dict[str, Any]) -> str:
    rows: list[Row] = [
        ("photos seen in training", REPORT["triplets"], share(triplets["train"]))
    ]
    rows += [
        (f"{name} photos, not seen", None, share(triplets[name]))
        for name in ("validation", "test")
        if name in triplets
    ]
    return table(
        f"Table 7.3: triplets in order ({triplets['count']:,} random ones, every "
        "category of the same weight)",
        rows,
    )


def _category_table(category: dict[str, Any], split: str) -> str:
    title = (
        f"Category: {category['queries']} {split} photos against "
        f"{category['gallery']:,} train photos"
    )
    kept = [name for name in category if name not in ("queries", "gallery")]
    return table(title, [(name, None, figure(category[name])) for name in kept])


def _alike_table(alike: dict[str, Any], very: dict[str, Any]) -> str:
    rows: list[Row] = []
    for name in ("grade", "colour", "kind", "pattern"):
        if name in alike:
            each = alike[name]
            chance = f"{figure(each['chance'])} / {figure(each['best'])}"
            rows.append((name, chance, figure(each["first 8"])))
    rows += [(f"very similar: {name}", None, figure(v)) for name, v in very.items()]
    return table(
        "How alike the first 8 look (needs --attributes)",
        rows or [("-", None, None)],
        ("", "chance / best possible", "ours"),
    )


def _placed_table(placed: dict[str, Any]) -> str:
    return table(
        "The first 8 when the garment lies elsewhere in the frame",
        [
            (name, figure(each["right category"]), figure(each["kept"]))
            for name, each in placed.items()
        ],
        ("", "right category", "kept"),
    )


def _nothing_table(without: dict[str, float], refused: float) -> str:
    rows: list[Row] = [
        (f"{name}: get a product", None, figure(value))
        for name, value in without.items()
    ]
    rows.append(("photos in which no garment is found", None, figure(refused)))
    return table("Pictures without a garment", rows)


def _mistakes_table(mistakes: dict[str, Any]) -> str:
    most: dict[str, list[str]] = {}
    for each in mistakes["most_frequent"]:
        words = f"{each['found']} for {each['photos']} of {each['of']}"
        most.setdefault(each["asked"], []).append(words)
    rows: list[Row] = [
        (name, figure(value), ", ".join(most.get(name, [])) or None)
        for name, value in mistakes["recall@1"].items()
    ]
    heads = ("", "recall@1", "found most often instead")
    return table("By category of the query", rows, heads)


def _instance_table(instance: dict[str, Any]) -> str:
    return table(
        f"Instance: a view finds its own photo among {instance['photos']} not seen",
        [
            (name, figure(instance["first"][name]), figure(instance["harder"][name]))
            for name in instance["first"]
        ],
        ("", "cropped, mirrored, lit", "and turned, covered, JPEG 40"),
    )


def _studio_table(studio: dict[str, Any]) -> str:
    title = f"Studio: {studio['photos']} garments cut out and laid on white"
    kept = [name for name in studio if name != "photos"]
    return table(title, [(name, None, figure(studio[name])) for name in kept])


def _features_table(looks: dict[str, Any]) -> str:
    words = {
        "colour": "garment colour",
        "pattern": "pattern",
        "background": "background (lower is better)",
    }
    rows: list[Row] = [
        (
            words[name],
            f"{figure(each['share@10']) or '-'} / {figure(each['chance']) or '-'}",
            figure(each["lift"], 2),
        )
        for name, each in looks.items()
    ]
    return table(
        "What the ten closest share with the query, against photos of its category",
        rows,
        ("", "closest / by chance", "times"),
    )


def _bands_table(bands: list[dict[str, Any]], split: str) -> str:
    rows: list[Row] = [
        (
            f"{each['name']}, up to {each['distance']:.4f}",
            figure(each["precision"]),
            figure(each["found"]),
        )
        for each in bands
    ]
    return table(
        f"Bands of encoder.json on {split} photos",
        rows or [("-", None, None)],
        ("", "precision", "found"),
    )


def kinds_table(figures: dict[str, Any]) -> str:
    """What `ml.kinds` prints: recall@1 among kinds that were never trained on."""
    rows: list[Row] = []
    for row in [*figures["pairs"], {"kinds": ["mean"], **figures["mean"]}]:
        for key, words in (("split", ""), ("each_among_all", "  each among all")):
            trained = row.get("trained", {}).get(key)
            name = words or " and ".join(row["kinds"])
            rows.append((name, figure(row["untrained"][key]), figure(trained)))
    return table(
        f"Unseen kinds: recall@1 of {figures['split']} photos against train photos of "
        "two kinds that were left out",
        rows,
        ("", "ImageNet alone", figures["recipe"]),
    )
