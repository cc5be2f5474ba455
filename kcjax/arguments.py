"""What the commands' argument parsers have in common."""

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

Result = dict[str, Any]
TASKS = ("ner", "re", "ed", "eae")
EXIT_BAD_INPUT, EXIT_STOPPED = 2, 130


class _Once(argparse.Action):
    """Keeps a value; an option given again is refused, for one of the two would be lost."""

    def __call__(self, parser, namespace, values, option_string=None):
        given = vars(namespace).setdefault("_given", set())
        if option_string and self.dest in given:
            parser.error(f"{option_string} is given twice; give it once")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class Merged(argparse.Action):
    """Joins the mappings of an option that is given several times; what is in two of them is refused."""

    def __call__(self, parser, namespace, values, option_string=None):
        before = getattr(namespace, self.dest)
        if twice := before.keys() & values.keys():
            parser.error(f"{option_string} gives {min(twice)} twice; give it once")
        setattr(namespace, self.dest, {**before, **values})


class Parser(argparse.ArgumentParser):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.register("action", None, _Once)
        self.register("action", "store", _Once)

    def error(self, message: str) -> NoReturn:
        """One line, as for every other mistake."""
        self.exit(EXIT_BAD_INPUT, f"kcjax: {message}; see `{self.prog} --help`\n")


def count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a number from 1 on, found {text!r}")
    return int(text)


def number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"must be a number from 0 on, found {text!r}")
    return int(text)


def share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be a share from 0 to 1, found {text!r}")
    return value


def tasks(text: str) -> tuple[str, ...]:
    return some_of(TASKS, "task", text)


def some_of(known: Sequence[str], what: str, text: str) -> tuple[str, ...]:
    """Names separated by commas, each once; `what` they are."""
    found = tuple(dict.fromkeys(text.split(",")))
    if unknown := set(found) - set(known):
        raise argparse.ArgumentTypeError(f"unknown {what} {min(unknown)!r}; known: {', '.join(known)}")
    return found


def names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def weights(text: str) -> dict[str, float]:
    """`NAME=NUMBER,...`"""
    found = {}
    for item in names(text):
        name, _, value = item.partition("=")
        if name in found:
            raise argparse.ArgumentTypeError(f"gives {name} twice")
        try:
            found[name] = float(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be NAME=NUMBER, found {item!r}") from None
        if not 0 <= found[name] < float("inf"):
            raise argparse.ArgumentTypeError(f"must be NAME=NUMBER with a number from 0 on, found {item!r}")
    return found
