"""The text of a compiled program, taken apart."""

import dataclasses
import functools
import math
import re
from collections.abc import Iterator, Mapping

_COMPUTATION = re.compile(r"^(?:ENTRY )?%?([\w.-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"^\s+(ROOT )?%?([\w.-]+) = (\(.*?\)|\S+) ([\w-]+)\((.*)$")
_ARRAY = re.compile(r"\b(pred|[suf]\d+|bf16|f8\w+)\[([\d,]*)\](?:\{([^}]*)\})?")
_CALLED = re.compile(r"\b(?:calls|to_apply|body|condition|branch_computations)=(\{[^}]*\}|%?[\w.-]+)")
# Of layouts: memory beside the processor, and of the host; what has none of these is in HBM.
_ELSEWHERE = re.compile(r"S\(\d+\)")


@dataclasses.dataclass(frozen=True)
class Instruction:
    """
    Attributes:
      shape: of its result, with the layout.
      rest: what stands behind `operation(`.
    """

    name: str
    shape: str
    operation: str
    rest: str
    is_root: bool

    @property
    def called(self) -> list[str]:
        """Computations that it runs."""
        return [name for found in _CALLED.findall(self.rest) for name in re.findall(r"[\w.-]+", found)]

    @functools.cached_property
    def operands(self) -> list[str]:
        depth = 0
        for end, character in enumerate(self.rest):
            depth += (character == "(") - (character == ")")
            if depth < 0:
                return re.findall(r"%([\w.-]+)", self.rest[:end])
        return []


Computation = dict[str, Instruction]  # by name, in order


def parse(text: str) -> tuple[dict[str, Computation], str]:
    """All computations by name, and the name of the one that is the program."""
    computations: dict[str, Computation] = {}
    current: Computation = {}
    entry = ""
    for line in text.splitlines():
        if head := _COMPUTATION.match(line):
            current = computations[head[1]] = {}
            entry = head[1] if line.startswith("ENTRY") else entry
        elif found := _INSTRUCTION.match(line):
            root, name, shape, operation, rest = found.groups()
            current[name] = Instruction(name, shape, operation, rest, bool(root))
    return computations, entry


def trips(computations: Mapping[str, Computation], loop: Instruction) -> int:
    """How often a loop of `jax.lax.scan` runs: its condition compares a counter from 0 with a constant."""
    known = re.search(r'"known_trip_count":\{"n":"(\d+)"', loop.rest)
    if known:
        return int(known[1])
    condition = re.search(r"condition=%?([\w.-]+)", loop.rest)
    assert condition is not None
    names = [condition[1], *(called for i in computations[condition[1]].values() for called in i.called)]
    constants = [
        int(found[1])
        for name in names
        for i in computations.get(name, {}).values()
        if i.operation == "constant" and (found := re.match(r"(\d+)\)", i.rest))
    ]
    return max(constants, default=1)


def dimensions(shape: str) -> Iterator[tuple[int, ...]]:
    """Of each array of a shape."""
    for _, sizes, _ in _ARRAY.findall(shape):
        yield tuple(int(size) for size in sizes.split(",") if size)


def sizes_in_bytes(shape: str, *, hbm: bool = False) -> list[int]:
    """Of each array of a shape; with `hbm` only of those that are in it."""
    return [
        math.prod(sizes) * _width(kind)
        for (kind, _, layout), sizes in zip(_ARRAY.findall(shape), dimensions(shape), strict=True)
        if not (hbm and _ELSEWHERE.search(layout))
    ]


def _width(kind: str) -> int:
    return 1 if kind == "pred" or kind.startswith("f8") else int(re.sub(r"\D", "", kind)) // 8
