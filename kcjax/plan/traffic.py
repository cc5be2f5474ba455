"""What the operations of a compiled program read from a chip's HBM and write to it."""

import functools
import math
from collections import defaultdict
from collections.abc import Mapping

from kcjax.plan.hlo import Computation, Instruction, sizes_in_bytes

_FREE = (  # nothing is moved, or it is counted elsewhere
    *("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all", "while", "call", "conditional"),
    *("all-gather", "all-reduce", "reduce-scatter", "all-to-all", "collective-permute", "partition-id", "custom-call"),
)


class Traffic:
    """Bytes an operation reads and writes. What is in the memory beside the processor costs nothing, and of an array
    that is sliced, or updated in place, only the part counts."""

    def __init__(self, computations: Mapping[str, Computation]):
        self._computations = computations
        self._of_fusion = functools.cache(self._fusion)

    def __call__(self, computation: str, instruction: Instruction) -> float:
        """Of an instruction that is not within a fusion."""
        operation = instruction.operation
        if operation in _FREE or operation.endswith(("-start", "-done")):
            return 0.0
        written = float(sum(sizes_in_bytes(instruction.shape, hbm=True)))
        shapes = [
            found.shape if (found := self._computations[computation].get(name)) else "" for name in instruction.operands
        ]
        if operation == "fusion":
            reads, writes = self._of_fusion(instruction.called[0])
            read = sum(min(reads.get(n, 0.0), sum(sizes_in_bytes(shape, hbm=True))) for n, shape in enumerate(shapes))
            return read + min(writes, written)
        if operation in ("dynamic-slice", "slice", "gather"):
            return 2 * written
        if operation == "dynamic-update-slice":
            return 2.0 * sum(sizes_in_bytes(shapes[1]))
        return written + sum(sum(sizes_in_bytes(shape, hbm=True)) for shape in shapes)

    def _fusion(self, name: str) -> tuple[dict[int, float], float]:
        """What a fused computation reads of each parameter, by number, and what it writes."""
        instructions = self._computations[name]
        users: defaultdict[str, list[tuple[Instruction, int]]] = defaultdict(list)
        for instruction in instructions.values():
            for place, operand in enumerate(instruction.operands):
                users[operand].append((instruction, place))

        def read(operand: str) -> float:
            total = 0.0
            for user, place in users[operand]:
                if user.operation in ("dynamic-slice", "slice", "gather") and place == 0:
                    total += sum(sizes_in_bytes(user.shape))
                elif user.operation in ("bitcast", "copy") or "output_to_operand_aliasing" in user.rest:
                    total += read(user.name)  # the same array, in other tiles
                elif user.operation == "fusion":
                    total += self._of_fusion(user.called[0])[0].get(place, 0.0)
                elif not (user.operation == "dynamic-update-slice" and place == 0):
                    return math.inf
            return total

        def written(result: Instruction) -> float:
            inner = [instructions[operand] for operand in result.operands if operand in instructions]
            if result.operation == "tuple":
                return sum(map(written, inner))
            if result.operation == "bitcast" and inner:
                return written(inner[0])
            if result.operation == "dynamic-update-slice" and len(inner) > 1:
                return sum(sizes_in_bytes(inner[1].shape))
            if result.operation == "fusion":
                return self._of_fusion(result.called[0])[1]
            return 0.0 if result.operation == "parameter" else sum(sizes_in_bytes(result.shape))

        parameters = [i for i in instructions.values() if i.operation == "parameter"]
        reads = {int(p.rest.partition(")")[0]): min(read(p.name), sum(sizes_in_bytes(p.shape))) for p in parameters}
        return reads, written(next(i for i in instructions.values() if i.is_root))
