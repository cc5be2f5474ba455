"""A compiled program read from its text: what it computes and sends, with loops counted as often as they run."""

import dataclasses
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from kcjax.plan.hlo import Instruction, dimensions, parse, sizes_in_bytes, trips
from kcjax.plan.traffic import Traffic

_KINDS = ("all-gather", "all-reduce", "reduce-scatter", "all-to-all", "collective-permute")


@dataclasses.dataclass(frozen=True)
class Collective:
    """A kind of sending, over mesh axes.

    Attributes:
      axes: those over which the devices differ that take part.
      bytes: sent by a chip in a run of the program.
      overlapped: whether the compiler lets it run beside computation.
    """

    kind: str
    axes: tuple[str, ...]
    bytes: float
    count: int
    overlapped: bool


@dataclasses.dataclass(frozen=True)
class Operation:
    """What runs as one: a fusion, or an operation in none.

    Attributes:
      runs: how often.
      flops: of matrix products, of one run.
      bytes: read from HBM and written to it, of one run.
    """

    runs: int
    flops: float
    bytes: float


@dataclasses.dataclass(frozen=True)
class Program:
    """Of one chip and run.

    Attributes:
      operations: without kernels and sending.
      kernels: name -> times run and the shapes of its results.
    """

    operations: tuple[Operation, ...]
    collectives: tuple[Collective, ...]
    kernels: dict[str, tuple[int, tuple[tuple[int, ...], ...]]]

    @property
    def flops(self) -> float:
        return sum(operation.runs * operation.flops for operation in self.operations)


def read_program(text: str, mesh_shape: Mapping[str, int]) -> Program:
    """
    Args:
      text: of `compiled.as_text()` for TPUs.
      mesh_shape: axis -> size, in the mesh's order, in which devices are numbered.
    """
    computations, entry = parse(text)
    runs: Counter[str] = Counter()
    callers: dict[str, str] = {}
    fused: set[str] = set()

    def visit(name: str, times: int, within: bool) -> None:
        runs[name] += times
        if within:
            fused.add(name)
        for instruction in computations[name].values():
            inner = times
            if instruction.operation == "while":
                inner = times * trips(computations, instruction)
            for called in instruction.called:
                if called in computations:
                    callers[called] = instruction.name
                    visit(called, inner, within or instruction.operation not in ("while", "call", "conditional"))

    def flops(name: str) -> float:
        """Of a computation and those that it calls."""
        found = computations[name]
        total = 0.0
        for instruction in found.values():
            if instruction.operation in ("convolution", "dot"):
                total += _flops(instruction, {n: i.shape for n, i in found.items()})
            total += sum(flops(called) for called in instruction.called if called in computations)
        return total

    visit(entry, 1, False)
    traffic = Traffic(computations)
    operations: list[Operation] = []
    kernels: dict[str, tuple[int, tuple[tuple[int, ...], ...]]] = {}
    sent: defaultdict[tuple[str, tuple[str, ...], bool], float] = defaultdict(float)
    counts: Counter[tuple[str, tuple[str, ...], bool]] = Counter()
    seen: dict[tuple[str, ...], str] = {}
    for name, times in runs.items():
        shapes = {instruction.name: instruction.shape for instruction in computations[name].values()}
        for instruction in computations[name].values():
            if name not in fused and instruction.operation not in ("while", "call", "conditional"):
                own = _flops(instruction, shapes) if instruction.operation in ("convolution", "dot") else 0.0
                own += sum(flops(called) for called in instruction.called if called in computations)
                operations.append(Operation(times, own, traffic(name, instruction)))
            if instruction.operation == "custom-call" and "tpu_custom_call" in instruction.rest:
                kernel = re.sub(r"\.\d+$", "", instruction.name)
                ran = kernels.get(kernel, (0, ()))[0]
                kernels[kernel] = ran + times, tuple(dimensions(instruction.shape))
            if between_slices := re.search(r'_xla_megascale_transfer_type="(\w+)"', instruction.rest):
                if instruction.operation == "send":  # by the hosts; the program waits for all of them at its end
                    slices = mesh_shape.get("slice", 1)
                    share = (slices - 1) / slices * (2 if between_slices[1] == "ALL_REDUCE" else 1)
                    key = between_slices[1].lower().replace("_", "-"), ("slice",), False
                    sent[key] += times * share * sum(sizes_in_bytes(instruction.shape.split(", u32[]")[0]))
                    counts[key] += times
                continue
            kind = instruction.operation.removesuffix("-start")
            if kind not in _KINDS:
                continue
            made_by = (instruction.shape, *re.findall(r'channel_id=\d+|op_name="[^"]*"', instruction.rest))
            if len(made_by) > 1 and kind != "collective-permute":
                if seen.setdefault(made_by, name) != name:  # one that is spread over several fusions is in each of them
                    continue
            axes, size = _axes(instruction.rest, mesh_shape)
            if size == 1:
                continue
            if kind == "all-reduce" and "all-reduce-scatter" in name:
                kind = "reduce-scatter"
                amount = sum(sizes_in_bytes(instruction.shape)) * (size - 1) / size
            else:
                amount = _amount(kind, instruction, size)
            overlapped = (
                instruction.operation.endswith("-start")
                or "async" in name
                or callers.get(name, "").startswith("async-collective")
            )
            sent[kind, axes, overlapped] += times * amount
            counts[kind, axes, overlapped] += times
    collectives = tuple(
        Collective(kind, axes, sent[kind, axes, overlapped], counts[kind, axes, overlapped], overlapped)
        for kind, axes, overlapped in sorted(sent)
    )
    return Program(tuple(operations), collectives, kernels)


def _flops(instruction: Instruction, shapes: Mapping[str, str]) -> float:
    """2 x products; a TPU's matrix products are convolutions, with what is batched as a window in padding and holes."""
    (result,) = dimensions(instruction.shape)
    left, right = (next(dimensions(shapes.get(n, "")), ()) for n in re.findall(r"%([\w.-]+)", instruction.rest)[:2])
    if instruction.operation == "dot":
        summed = re.search(r"lhs_contracting_dims=\{([\d,]*)\}", instruction.rest)
        contracted = math.prod(left[int(axis)] for axis in summed[1].split(",")) if summed else 1
        return 2.0 * math.prod(result) * contracted
    labels = re.search(r"dim_labels=(\w+)_(\w+)->(\w+)", instruction.rest)
    if labels is None or not left or not right:
        return 0.0
    arrays = zip(labels.groups(), (left, right, result), strict=True)
    size_in, size_of, size_out = (dict(zip(names, sizes, strict=True)) for names, sizes in arrays)
    window = re.search(r"window=\{([^}]*)\}", instruction.rest)
    fields = dict(field.split("=") for field in window[1].split()) if window else {}
    products = size_out["b"] * size_out["f"] * size_of["i"]
    for axis in range(len(left) - 2):
        field = lambda name, default, axis=axis: fields[name].split("x")[axis] if name in fields else default
        before = int(field("pad", "0_0").split("_")[0])
        hole, spread = int(field("lhs_dilate", "1")), int(field("rhs_dilate", "1"))
        taps = np.arange(size_of[str(axis)]) * spread - before
        places = np.arange(size_out[str(axis)])[:, None] * int(field("stride", "1")) + taps
        inside = (places >= 0) & (places <= (size_in[str(axis)] - 1) * hole) & (places % hole == 0)
        products *= int(inside.sum())
    return 2.0 * products


def _amount(kind: str, instruction: Instruction, size: int) -> float:
    """Bytes that a chip sends, as a ring of `size` does it."""
    arrays = sizes_in_bytes(instruction.shape)
    if kind == "collective-permute":
        return arrays[0]
    whole = sum(arrays)
    if kind == "all-gather" and instruction.operation.endswith("-start"):
        whole = max(arrays)
    if kind == "reduce-scatter":
        whole *= size
    return whole * (size - 1) / size * (2 if kind == "all-reduce" else 1)


def _axes(rest: str, mesh_shape: Mapping[str, int]) -> tuple[tuple[str, ...], int]:
    """The mesh axes that a collective is over, and how many devices send to each other."""
    names, sizes = tuple(mesh_shape), tuple(mesh_shape.values())
    group = _group(rest, math.prod(sizes))
    places = np.array(np.unravel_index(group, sizes))
    differ = tuple(name for name, row in zip(names, places, strict=True) if len(set(row.tolist())) > 1)
    if "source_target_pairs" in rest:
        return differ, math.prod(mesh_shape[name] for name in differ)
    return differ, len(group)


def _group(rest: str, devices: int) -> list[int]:
    """The first group of devices, by number."""
    if pairs := re.search(r"source_target_pairs=\{\{(\d+),(\d+)\}", rest):
        return [int(pairs[1]), int(pairs[2])]
    if listed := re.search(r"replica_groups=\{\{([\d,]+)\}", rest):
        return [int(number) for number in listed[1].split(",")]
    if mesh := re.search(r"replica_groups=mesh\[([^\]]*)\] \{([^}]*)\}", rest):
        sizes = {name: int(size) for name, size in re.findall(r"'([^']+)'=(\d+)", mesh[1])}
        over = re.findall(r"'([^']+)'", mesh[2])
        numbers = np.arange(math.prod(sizes.values())).reshape(tuple(sizes.values()))
        index = tuple(slice(None) if name in over else 0 for name in sizes)
        return np.ravel(numbers[index]).tolist()
    if iota := re.search(r"replica_groups=\[(\d+),(\d+)\]<=\[([\d,]+)\](?:T\(([\d,]+)\))?", rest):
        numbers = np.arange(devices).reshape([int(size) for size in iota[3].split(",")])
        if iota[4]:
            numbers = numbers.transpose([int(axis) for axis in iota[4].split(",")])
        return numbers.reshape(int(iota[1]), int(iota[2]))[0].tolist()
    return list(range(devices))
