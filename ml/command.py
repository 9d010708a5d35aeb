"""Share arguments, folders and error handling among the commands of `ml`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ml.errors import ConfigError, UserError
from ml.recipes import DEFAULT_RECIPE, RECIPES

DATA_VARIABLE = "FASHIONLENS_DATA"
VAR_VARIABLE = "FASHIONLENS_VAR"


def run_command(name: str, command: Callable[[], None], stopped: str = "") -> int:
    """Run a command and return its exit status; `stopped` is printed on Ctrl-C."""
    try:
        command()
    except KeyboardInterrupt:
        print(f"\n{name}: stopped. {stopped}".rstrip(), file=sys.stderr)
        return 130
    except (UserError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    return 0


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=f"folder of photos (default: the variable {DATA_VARIABLE})",
    )


def add_recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recipe",
        choices=sorted(RECIPES),
        default=DEFAULT_RECIPE,
        help="how to train (default: %(default)s)",
    )


def add_split(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--split",
        choices=("validation", "test"),
        default="test",
        help="the photos to search with (default: test)",
    )


def add_notes(parser: argparse.ArgumentParser) -> None:
    for name, columns in (
        ("attributes", "kind, pattern, colour1, colour2 and more"),
        ("senders", "sender"),
    ):
        parser.add_argument(
            f"--{name}",
            type=Path,
            metavar="CSV",
            help=f"what people say of the photos, optional: columns image (its path in "
            f"DIR), {columns}",
        )


def add_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--weights",
        default="imagenet",
        metavar="imagenet|PATH|none",
        help="initial weights of MobileNetV2: downloaded by Keras, a file of weights "
        "without top, or random (default: imagenet)",
    )


def initial_weights(options: argparse.Namespace) -> str | None:
    return None if options.weights == "none" else options.weights


def data_folder(given: Path | None) -> Path:
    if given is not None:
        return given
    if from_environment := os.environ.get(DATA_VARIABLE):
        return Path(from_environment)
    raise ConfigError(
        "Where are the photos? Pass --data DIR, or set "
        f"{DATA_VARIABLE} to the folder with train/, validation/ and test/."
    )


def var_folder() -> Path:
    return Path(os.environ.get(VAR_VARIABLE) or "var")


def command_line(module: str, arguments: Sequence[str]) -> str:
    """Return the command as typed, with absolute paths made relative."""
    words = [_portable(word) for word in arguments]
    return shlex.join(["python", "-m", module, *words])


def _portable(word: str) -> str:
    # A path far from the working directory says nothing elsewhere: keep its name.
    if not Path(word).is_absolute():
        return word
    relative = os.path.relpath(word)
    return Path(word).name if relative.startswith("../..") else relative
