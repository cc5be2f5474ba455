"""A program compiled for TPUs that are not here: does it fit, what does it send, how long will it take."""

import dataclasses
import math
import re
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from ml_collections import ConfigDict

from kcjax.corpus.input import NAMES
from kcjax.errors import WorkError
from kcjax.model.config import LlamaConfig
from kcjax.model.flops import model_flops
from kcjax.model.packed_attention import splash_block
from kcjax.parallel.chips import Chip
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import FSDP, batch_sharding, param_shardings
from kcjax.plan.program import Collective, Program, read_program
from kcjax.plan.topology import Topology
from kcjax.train.config import lora_config
from kcjax.train.optimizer import make_optimizer, make_schedule
from kcjax.train.state import abstract_parts, abstract_state, placed, shardings_of
from kcjax.train.step import make_train_step

# What is taken to be reached of the peak, or of the bandwidth of HBM: by attention kernels, and by all else.
KERNEL_EFFICIENCY, EFFICIENCY = 0.5, 0.7
GIB = 2**30


@dataclasses.dataclass(frozen=True)
class Plan:
    """What the compiler said of a step on a topology; figures are of one chip.

    Attributes:
      fits: whether the compiler found room; if not, the figures of the compiled program are 0.
      program: "step" of training, or "prefill" or "decode" of extraction.
      tokens_per_step: of all chips, in a run of the program.
      needed_gib: where it does not fit, what it would take.
      bytes_accessed_per_chip: read from HBM and written to it.
      bytes_over_needed: by how much that is more than what has to be, in extraction: the weights, and the cache of the
        tokens that are there.
      predicted_step_s: a roofline. Every operation at `EFFICIENCY` of the peak or of the bandwidth of HBM, whichever
        takes longer, kernels at `KERNEL_EFFICIENCY` of the peak, sending that is not overlapped at the bandwidth of its
        links; and not less than what is overlapped takes.
    """

    program: str
    topology: str
    chips: int
    mesh: dict[str, int]
    batch_per_device: int
    tokens_per_step: int
    fits: bool
    hbm_limit_gib: float
    hbm_peak_gib_per_chip: float = 0.0
    hbm_arguments_gib: float = 0.0
    hbm_temporaries_gib: float = 0.0
    needed_gib: float = 0.0
    model_flops_per_chip: float = 0.0
    executed_flops_per_chip: float = 0.0
    executed_over_model_flops: float = 0.0
    bytes_accessed_per_chip: float = 0.0
    bytes_over_needed: float = 0.0
    collectives: tuple[Collective, ...] = ()
    collective_bytes: float = 0.0
    predicted_step_s: float = 0.0
    predicted_mfu: float = 0.0
    predicted_tokens_per_s: float = 0.0
    compile_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Plan":
        """The inverse of `to_json`."""
        collectives = (Collective(**c | {"axes": tuple(c["axes"])}) for c in row["collectives"])
        return cls(**row | {"collectives": tuple(collectives)})


def plan_step(config: ConfigDict, model: LlamaConfig, topology: Topology, *, shared_prefixes: bool = False) -> Plan:
    """Compiles the step of a config on a model of that shape.

    Args:
      shared_prefixes: whether the records lay prompts down once for many sentences.

    Raises:
      InputError: the topology is not to be had, or the config does not go with it.
      WorkError: the compiler failed otherwise than for want of memory.
    """
    mesh = make_mesh(config.mesh.to_dict(), devices=topology.devices())
    tokens = config.batch_per_device * mesh.size * config.accumulate_steps * config.sequence_length
    return compiled_plan(
        lambda: lower_step(config, model, mesh, shared_prefixes=shared_prefixes),
        topology,
        mesh,
        program="step",
        batch_per_device=config.batch_per_device,
        tokens=tokens,
        flops=model_flops(model, tokens=tokens, length=config.sequence_length, lora=lora_config(config)),
        block=config.attention_block,
    )


def compiled_plan(
    lower: Callable[[], jax.stages.Lowered],
    topology: Topology,
    mesh: Mesh,
    *,
    program: str,
    batch_per_device: int,
    tokens: int,
    flops: float,
    block: int = 1,
    replicas: int = 1,
    bytes_needed: float = 0.0,
) -> Plan:
    """What the compiler says of a program.

    Args:
      flops: that the model needs in it, on all chips of the mesh; block: of its attention kernels at most.
      replicas: how many meshes such as this run it, each for itself.
      bytes_needed: that it has to read and write at least, on all chips of the mesh.
    """
    needed = flops / mesh.size
    known: dict[str, Any] = {
        "program": program,
        "topology": topology.name,
        "chips": mesh.size * replicas,
        "mesh": _user_axes(mesh) | ({"data": replicas} if replicas > 1 else {}),
        "batch_per_device": batch_per_device,
        "tokens_per_step": tokens * replicas,
        "hbm_limit_gib": topology.chip.hbm / GIB,
        "model_flops_per_chip": needed,
    }
    start = time.perf_counter()
    try:
        compiled = lower().compile()
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            reason = str(error).strip().splitlines()[0]
            raise WorkError(f"topology {topology.name}: the compiler fails: {reason}") from error
        return Plan(**known, fits=False, needed_gib=_needed(str(error)), compile_s=time.perf_counter() - start)
    seconds = time.perf_counter() - start
    memory: Any = compiled.memory_analysis()
    read = read_program(compiled.as_text() or "", dict(mesh.shape))
    kernels = kernel_flops(read, block=block)
    step = predicted_seconds(read, kernels, topology.chip)
    return Plan(
        **known,
        fits=True,
        hbm_peak_gib_per_chip=memory.peak_memory_in_bytes / GIB,
        hbm_arguments_gib=memory.argument_size_in_bytes / GIB,
        hbm_temporaries_gib=memory.temp_size_in_bytes / GIB,
        executed_flops_per_chip=read.flops + kernels,
        executed_over_model_flops=(read.flops + kernels) / needed,
        bytes_accessed_per_chip=(accessed := sum(operation.runs * operation.bytes for operation in read.operations)),
        bytes_over_needed=accessed * mesh.size / bytes_needed if bytes_needed else 0.0,
        collectives=read.collectives,
        collective_bytes=sum(c.bytes for c in read.collectives),
        predicted_step_s=step,
        predicted_mfu=needed / topology.chip.flops / step,
        predicted_tokens_per_s=tokens * replicas / step,
        compile_s=seconds,
    )


def lower_step(
    config: ConfigDict, model: LlamaConfig, mesh: Mesh, *, shared_prefixes: bool = False
) -> jax.stages.Lowered:
    """The step of training, ready to be compiled for the devices of the mesh; no array is made."""
    graph, params, frozen = abstract_parts(model, config)
    schedule = make_schedule(config.optimizer, 1000)
    optimizer = make_optimizer(config.optimizer, schedule)
    state = abstract_state(params, optimizer, mesh)
    rows = batch_sharding(mesh, accumulated=True)
    shape = (config.accumulate_steps, config.batch_per_device * mesh.size, config.sequence_length)
    batch = {
        name: jax.ShapeDtypeStruct(
            shape[:2] if name == "rows" else shape, jnp.float32 if name == "loss_weights" else jnp.int32, sharding=rows
        )
        for name in NAMES
        if name != "prefix_ids" or shared_prefixes
    }
    with jax.set_mesh(mesh):
        step: Any = make_train_step(graph, optimizer, schedule, config, shardings_of(state))
        return step.lower(state, placed(frozen, param_shardings(frozen, mesh)), batch)


def kernel_flops(program: Program, *, block: int) -> float:
    """FLOPs of splash attention, which the compiled program does not tell: 2 products forward and 5 backward, in the
    blocks that are not wholly masked by position."""
    total = 0.0
    for name, (runs, shapes) in program.kernels.items():
        # Of the output, or of the gradient of the values, which may have fewer heads.
        *rows, _, length, width = shapes[-1]
        heads = max(shape[-3] for shape in shapes if shape[-2:] == (length, width))
        side = length // splash_block(length, block)
        share = (side + 1) / (2 * side)
        total += runs * (2 if "fwd" in name else 5) * 2 * math.prod(rows) * heads * length * length * width * share
    return total


def predicted_seconds(program: Program, kernels: float, chip: Chip) -> float:
    """See `Plan.predicted_step_s`."""
    work = kernels / (chip.flops * KERNEL_EFFICIENCY)
    for operation in program.operations:
        longest = max(operation.flops / chip.flops, operation.bytes / chip.hbm_bandwidth)
        work += operation.runs * longest / EFFICIENCY
    seconds = {True: 0.0, False: 0.0}
    for collective in program.collectives:
        seconds[collective.overlapped] += collective.bytes / _bandwidth(collective, chip)
    return max(work, seconds[True]) + seconds[False]


def _bandwidth(collective: Collective, chip: Chip) -> float:
    """Bytes a second: between slices that of the data-centre network; of permutations one way of a link, else both."""
    if "slice" in collective.axes:
        return chip.dcn_bandwidth
    return chip.link_bandwidth * (1 if collective.kind == "collective-permute" else 2)


def _user_axes(mesh: Mesh) -> dict[str, int]:
    sizes = dict(mesh.shape)
    fsdp = math.prod(sizes.pop(axis) for axis in FSDP)
    return {"slice": sizes["slice"], "data": sizes["data"], "fsdp": fsdp, "tensor": sizes["tensor"]}


def _needed(message: str) -> float:
    found = re.search(r"\(([\d.]+)G\) exceeds", message) or re.search(r"Used ([\d.]+)G of", message)
    return float(found[1]) if found else 0.0
