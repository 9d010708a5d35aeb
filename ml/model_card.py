"""Write an encoder's figures into MODEL_CARD.md.

python -m ml.model_card [--encoder DIR] [--beside DIR] [--card FILE]

Only the text between the two marks is generated, from encoder.json, evaluation.json
(`ml.evaluate`) and kinds.json (`ml.kinds`) in the encoder's folder. The rest is
written by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.command import run_command
from ml.encoder import SHIPPED
from ml.errors import UserError

CARD = Path(__file__).with_name("MODEL_CARD.md")
REPORT = SHIPPED.parent / "report"
START, END = "<!-- figures: python -m ml.model_card -->", "<!-- end of figures -->"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return run_command("ml.model_card", lambda: run(options))


def run(options: argparse.Namespace) -> None:
    text = options.card.read_text()
    filled = fill(text, figures_of(options.encoder, options.beside))
    options.card.write_text(filled)
    print(f"{options.card}: {'unchanged' if filled == text else 'written'}")


def fill(card: str, figures: str) -> str:
    """Return the card with the text between its marks replaced."""
    before, start, rest = card.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise UserError(f"The card lacks the line {START!r} or {END!r}.")
    return f"{before}{START}\n\n{figures}\n\n{END}{after}"


def figures_of(encoder: Path, beside: Path) -> str:
    info, evaluation = _read(encoder, "encoder.json"), _read(encoder, "evaluation.json")
    other = _read(beside, "evaluation.json")
    # Five trainings; it may be older than the encoder, or missing.
    kinds = _read(encoder, "kinds.json") if (encoder / "kinds.json").exists() else None
    return "\n\n".join(
        [
            _facts(info),
            _alike(evaluation),
            _placed(evaluation),
            _quality(evaluation, other, kinds),
            _mistakes(evaluation),
            *([_kinds(kinds)] if kinds is not None else []),
            _shared_features(evaluation, other),
            _bands(info, evaluation),
        ]
    )


def _read(folder: Path, name: str) -> dict[str, Any]:
    file = folder / name
    if not file.is_file():
        measured = name == "evaluation.json"
        command = (
            " Copy figures.json of python -m ml.evaluate there." if measured else ""
        )
        raise UserError(f"There is no file {file}.{command}")
    return json.loads(file.read_text())


def _facts(info: dict[str, Any]) -> str:
    data = info["data"]
    photos = ", ".join(f"{count:,} {name}" for name, count in data["photos"].items())
    rows = [
        ("version", info["version"]),
        ("input", f"{info['input_size']} x {info['input_size']} pixels"),
        ("output", f"{info['dimension']} numbers, unit length"),
        ("recipe, seed", f"{info['recipe']['name']}, {info['seed']}"),
        ("data", f"{data['name']}: {photos}"),
        ("trained in", f"{info['training_s'] / 60:.0f} minutes"),
        ("Keras against ONNX, least cosine", f"{info['parity']['least_cosine']}"),
    ]
    table = _table(("", ""), rows)
    commands = [
        info["command"],
        *([info["weighed_by"]] if "weighed_by" in info else []),
    ]
    lines = "\n".join(commands)
    return f"{table}\n\n```\n{lines}\n```"


def _alike(ours: dict[str, Any]) -> str:
    rows = [
        (name, *(_figure(each[key]) for key in ("first 8", "chance", "best")))
        for name, each in ours["alike"].items()
        if name != "queries"
    ]
    rows += [
        (f"very similar: {name}", _figure(value), "-", "-")
        for name, value in ours["very_similar"].items()
    ]
    heads = ("", "first 8", "in the category", "best possible")
    title = "How alike the first 8 look, by labels made by eye; grades are 0 to 3."
    return f"{title}\n\n{_table(heads, rows)}"


def _placed(ours: dict[str, Any]) -> str:
    rows = [
        (name, _figure(each["kept"]), _figure(each["right category"]))
        for name, each in ours["placed"].items()
    ]
    empty = ", ".join(
        f"{name} {_figure(value)}" for name, value in ours["without_garment"].items()
    )
    table = _table(("the garment elsewhere", "first 8 kept", "right category"), rows)
    return (
        f"{table}\n\nPictures without a garment that get a product: {empty}. Photos of "
        f"garments that are refused: {_figure(ours['refused'])}."
    )


def _quality(
    ours: dict[str, Any], theirs: dict[str, Any], kinds: dict[str, Any] | None
) -> str:
    rows = [
        (name, _figure(a), _figure(b))
        for (name, a), (_, b) in zip(_rows(ours), _rows(theirs), strict=True)
    ]
    if kinds is not None:
        points = kinds["mean"]["points"]["split"]
        name = "unseen kinds, points over ImageNet features"
        rows.append((name, f"{points:+.1f}", "-"))
    title = (
        f"Test photos ({ours['category']['queries']}) against train photos "
        f"({ours['category']['gallery']:,}); instance among "
        f"{ours['instance']['photos']} validation and test photos."
    )
    heads = ("", ours["encoder"], theirs["encoder"])
    return f"{title}\n\n{_table(heads, rows)}"


def _rows(figures: dict[str, Any]) -> list[tuple[str, float | None]]:
    category, instance = figures["category"], figures["instance"]
    studio = figures["studio"]
    names = [name for name in category if name not in ("queries", "gallery")]
    triplets = figures["triplets_in_order"]
    return [
        *((name, category[name]) for name in names),
        ("triplets in order, photos seen in training", triplets["train"]),
        ("triplets in order, validation photos", triplets["validation"]),
        ("triplets in order, test photos", triplets["test"]),
        *(
            (f"instance {name}, {row} row", instance[row][name])
            for row in ("first", "harder")
            for name in instance[row]
        ),
        *((f"on white, {name}", studio[name]) for name in studio if name != "photos"),
    ]


def _mistakes(evaluation: dict[str, Any]) -> str:
    shares = [
        (name, _figure(share))
        for name, share in evaluation["mistakes"]["recall@1"].items()
    ]
    most = "; ".join(
        f"{each['found']} for {each['asked']} ({each['photos']} of {each['of']})"
        for each in evaluation["mistakes"]["most_frequent"]
    )
    table = _table(("category of the query", "recall@1"), shares)
    return f"{table}\n\nMost frequent mistakes (found for query): {most or 'none'}."


def _kinds(kinds: dict[str, Any]) -> str:
    rows = [
        (
            " and ".join(row["kinds"]),
            f"{row['queries']} against {row['gallery']}",
            _figure(row["trained"]["split"]),
            _figure(row["untrained"]["split"]),
            _figure(row["trained"]["each_among_all"]),
            _figure(row["untrained"]["each_among_all"]),
        )
        for row in kinds["pairs"]
    ]
    means = [
        _figure(kinds["mean"][name][key])
        for key in ("split", "each_among_all")
        for name in ("trained", "untrained")
    ]
    rows.append(("mean", "", means[0], means[1], means[2], means[3]))
    heads = (
        "left out of training",
        f"{kinds['split']} photos, train photos",
        "recall@1",
        "ImageNet",
        "each among all",
        "ImageNet",
    )
    title = "Kinds that the encoder was not trained on"
    if kinds["steps"] is not None:
        title += (
            f" (trained for {kinds['steps']} steps an epoch instead of the recipe's)"
        )
    return f"{title}.\n\n{_table(heads, rows)}"


def _shared_features(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    rows = [
        (
            name,
            *(
                f"{_figure(each['share@10'])} / {_figure(each['chance'])} = "
                f"{_figure(each['lift'], 2)}"
                for each in (ours["looks"][name], theirs["looks"][name])
            ),
        )
        for name in ours["looks"]
    ]
    title = (
        "What the ten closest share with the query, over the share among train photos "
        "of its category (background: lower is better)."
    )
    return f"{title}\n\n{_table(('', ours['encoder'], theirs['encoder']), rows)}"


def _bands(info: dict[str, Any], evaluation: dict[str, Any]) -> str:
    held = {band["name"]: band for band in evaluation["bands"]}
    rows = [
        (
            band["name"],
            f"{band['distance']:.4f}",
            f"{band['target_precision']}",
            f"{_figure(band['precision'])}, {_figure(band['found'])}",
            f"{_figure(held[band['name']]['precision'])}, "
            f"{_figure(held[band['name']]['found'])}",
        )
        for band in info["calibration"]
    ]
    heads = (
        "band",
        "distance up to",
        "target precision",
        "validation: precision, found",
        "test: precision, found",
    )
    return f"Bands, chosen on validation photos.\n\n{_table(heads, rows)}"


def _figure(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.model_card",
        description="Write an encoder's figures into its model card.",
    )
    add = parser.add_argument
    add("--encoder", type=Path, default=SHIPPED, metavar="DIR")
    add("--beside", type=Path, default=REPORT, metavar="DIR", help="to compare with")
    add("--card", type=Path, default=CARD, metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
