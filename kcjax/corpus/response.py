"""A model's response, `results = [ ... ]`, parsed into plain data. It is never evaluated or run.

A scan that knows strings and brackets cuts the list into its elements; each is then read with `ast`, and only calls of
plain names, string constants and lists of these are taken. So one broken element costs no other, and the complete
elements of a response that was cut off are kept.
"""

import ast
import dataclasses
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

Status = Literal["ok", "truncated", "parse_error"]
Value: TypeAlias = "str | Call | tuple[Value, ...]"

MAX_DEPTH = 8  # brackets inside an element; the deepest one kcjax writes has 3
MAX_ELEMENT = 100_000  # characters
MAX_ELEMENTS = 10_000
MAX_ERRORS = 100

_START = re.compile(r"^[ \t]*results[ \t]*=[ \t]*\[", re.MULTILINE)
_STRING = r""""(?:[^"\\\n]|\\[^\n])*+"|'(?:[^'\\\n]|\\[^\n])*+\'"""
_ONE_STRING = re.compile(_STRING)
_STRING_OR_UNCLOSED = re.compile(rf"""(?P<string>{_STRING})|["'][^\n]*+""")  # the rest of a line is not tried again
_TOKEN = re.compile(
    rf"""(?P<string>{_STRING})|(?P<open>[\[({{])|(?P<close>[\])}}])|(?P<comma>,)|(?P<unclosed>["'][^\n]*+)"""
)
_CLOSES = {")": "(", "]": "[", "}": "{"}


@dataclasses.dataclass(frozen=True)
class Call:
    """`name(*args, **kwargs)`, found at characters `start` to `end` (exclusive) of the response."""

    name: str
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class ParsedResponse:
    """`objects` are the list's readable elements in order. `errors` name each element that is not one, and why.

    `status`: "ok" nothing is amiss; "truncated" the text ends inside the list; "parse_error" there is no list, or
    `errors` is not empty.
    """

    status: Status
    objects: tuple[Call, ...]
    errors: tuple[str, ...] = ()


class _Unreadable(Exception):
    """Why an element is not an object."""


def parse_response(text: str) -> ParsedResponse:
    """Parses a response. Whatever the text, it returns, in linear time. Text after the list is ignored."""
    start = _START.search(text)
    if not start:
        if "results = [".startswith(text.strip()):
            return ParsedResponse("truncated", ())
        return ParsedResponse("parse_error", (), ("there is no `results = [`",))
    objects: list[Call] = []
    errors: list[str] = []
    closed = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a model's string is no concern of the user
        for number, (first, last, end) in enumerate(_elements(text, start.end()), start=1):
            closed = end == "]"
            if number > MAX_ELEMENTS:
                errors.append(f"more than {MAX_ELEMENTS} elements; the rest was not read")
                break
            if closed and first == last:  # `[]`, or a comma before the bracket
                continue
            try:
                objects.append(_parse(text, first, last))
            except _Unreadable as error:
                if end:  # else the text broke off here
                    errors.append(f"element {number} `{text[first : min(last, first + 60)]}`: {error}")
    if len(errors) > MAX_ERRORS:
        errors[MAX_ERRORS:] = [f"and {len(errors) - MAX_ERRORS} more"]
    status: Status = "parse_error" if errors else "ok"
    return ParsedResponse(status if closed else "truncated", tuple(objects), tuple(errors))


def _elements(text: str, position: int) -> Iterator[tuple[int, int, str]]:
    """Yields (start, end, how it ends) of the elements of a list that begins at `position`, outer blanks left out.

    An element ends at "," or "]"; at "\\n" where a quote is open, since no string goes beyond a line; or at "", the end
    of the text.
    """
    first = position
    brackets: list[str] = []
    still_open = {"(": 0, "[": 0, "{": 0}  # how many of each are in `brackets`
    for token in _TOKEN.finditer(text, position):
        char, end = token[0][0], ""
        if token.lastgroup == "open":
            brackets.append(char)
            still_open[char] += 1
        elif token.lastgroup == "close" and still_open[_CLOSES[char]]:
            popped = ""
            while popped != _CLOSES[char]:  # what it closes over was left open, which `ast` will refuse
                popped = brackets.pop()
                still_open[popped] -= 1
        elif token.lastgroup == "close" and char == "]":
            end = "]"
        elif token.lastgroup == "comma" and not brackets:
            end = ","
        elif token.lastgroup == "unclosed" and token.end() < len(text):
            end = "\n"
            brackets.clear()
            still_open = dict.fromkeys(still_open, 0)
        if end:
            last = token.end() if end == "\n" else token.start()
            yield *_stripped(text, first, last), end
            first = token.end()
        if end == "]":
            return
    first, last = _stripped(text, first, len(text))
    if first < last:
        yield first, last, ""


def _stripped(text: str, first: int, last: int) -> tuple[int, int]:
    start = first + len(text[first:last]) - len(text[first:last].lstrip())
    return start, start + len(text[start:last].rstrip())


def _parse(text: str, first: int, last: int) -> Call:
    source = text[first:last]
    if not source:
        raise _Unreadable("it is empty")
    if len(source) > MAX_ELEMENT:
        raise _Unreadable(f"it is longer than {MAX_ELEMENT} characters")
    outside = _STRING_OR_UNCLOSED.sub(lambda found: "s" if found["string"] else found[0][0], source)
    if strange := re.search(r"[^\w\s()\[\],=]", outside):
        message = "a string does not end on its line" if strange[0] in "\"'" else f"{strange[0]!r} is out of place"
        raise _Unreadable(message)
    depth = 0
    for bracket in re.findall(r"[()\[\]]", outside):
        depth += 1 if bracket in "([" else -1
        if depth > MAX_DEPTH:
            raise _Unreadable(f"it is nested more than {MAX_DEPTH} deep")
    try:
        node = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise _Unreadable(error.msg) from error
    except (ValueError, RecursionError, MemoryError) as error:  # NUL characters, lone surrogates
        raise _Unreadable(str(error) or "too deep") from error
    return _Element(source, first).call(node)


class _Element:
    """Turns the syntax tree of one element into `Call`s whose positions count characters of the whole response."""

    def __init__(self, source: str, offset: int):
        self.source = source
        self.offset = offset
        self.ascii = source.isascii()
        self.lines = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", source))]

    def position(self, line: int, column: int) -> int:
        """`ast` counts lines from 1 and columns in bytes."""
        start = self.lines[line - 1]
        if not self.ascii:
            column = len(self.source[start : start + column].encode()[:column].decode())
        return start + column

    def span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.position(node.lineno, node.col_offset), self.position(node.end_lineno, node.end_col_offset)

    def call(self, node: ast.expr) -> Call:
        if not isinstance(node, ast.Call):
            raise _Unreadable("it is not an object, such as `City(...)`")
        if not isinstance(node.func, ast.Name):
            raise _Unreadable("only a class name can be called")
        kwargs: dict[str, Value] = {}
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in kwargs:
                raise _Unreadable(f"the argument {keyword.arg} is given twice" if keyword.arg else "** is out of place")
            kwargs[keyword.arg] = self.value(keyword.value)
        start, end = self.span(node)
        args = tuple(self.value(argument) for argument in node.args)
        return Call(node.func.id, args, kwargs, self.offset + start, self.offset + end)

    def value(self, node: ast.expr) -> Value:
        if isinstance(node, ast.List):
            return tuple(self.value(element) for element in node.elts)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            start, end = self.span(node)
            if not _ONE_STRING.fullmatch(self.source, start, end):
                raise _Unreadable("only plain strings, one at a time, are read")
            return node.value
        if isinstance(node, ast.Call):
            return self.call(node)
        start, end = self.span(node)
        raise _Unreadable(f"{self.source[start:end]!r:.40} is neither a string, a list nor an object")
