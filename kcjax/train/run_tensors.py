"""The tensors of a run's model by Hugging Face's names, from its checkpoint and what it adapts, without a device."""

import contextlib
import functools
import os

import numpy as np

from kcjax.errors import InputError
from kcjax.model.huggingface import load_config
from kcjax.model.importing import open_tensors
from kcjax.model.lora import LoraConfig
from kcjax.model.tensors import ALL_ROWS, Tensors, param_shapes, source_of, tensor_shapes
from kcjax.train.checkpoints import Checkpoints, StoredParams
from kcjax.train.config import lora_config
from kcjax.train.run import SCRATCH, base_model, base_model_directory, is_run, no_checkpoint, run_config


def tensors_of(directory: str | os.PathLike, *, step: int | None = None) -> Tensors:
    """Of a model directory, or a run: those of its newest checkpoint, or of that step."""
    if is_run(directory):
        return RunTensors(directory, step=step)
    return open_tensors(base_model_directory(directory))


class RunTensors:
    """Some rows at a time: of the checkpoint where a run trains all parameters, else the base's with adapters merged.

    Merged ones are float32, whatever the base is stored in, so that they are rounded once, when they are stored.

    Raises:
      InputError: the run has no such checkpoint, or adapts a model that was stored nowhere.
      WorkError: the checkpoint is damaged.
    """

    dtypes: dict[str, np.dtype]
    """What the model that all began with is stored in; float32 for one that began with random weights."""

    def __init__(self, workdir: str | os.PathLike, *, step: int | None = None):
        self.path = os.fspath(workdir)
        run = run_config(workdir)
        self.step = checkpoint_step(workdir, step)
        self.config = load_config(base_model_directory(workdir))
        self.shapes = tensor_shapes(self.config)
        self._stored = StoredParams(workdir, self.step)
        self._layer = functools.lru_cache(maxsize=2)(self._stored.get)  # what one tensor's rows are made of
        self.lora: LoraConfig | None = lora_config(run)
        self._base: Tensors | None = None
        began_with = base_model(workdir)
        if self.lora:
            if run["init_from"].startswith(SCRATCH):
                raise InputError(f"{workdir}: adapts random weights, which were stored nowhere; train all parameters")
            self._base = tensors_of(run["init_from"])
            self.dtypes = dict(self._base.dtypes)
        elif _is_scratch(workdir):
            self.dtypes = dict.fromkeys(self.shapes, np.dtype(np.float32))
        else:
            self.dtypes = dict(tensors_of(began_with).dtypes)
        self._parameter: dict[str, tuple[str, int | None, bool]] = {}
        for path, shape in param_shapes(self.config):
            stored = "/".join(path)
            source = source_of(path, self.config.num_layers)
            for layer, name in enumerate(source.names):
                self._parameter[name] = (stored, layer if source.stacked else None, source.transposed)
            if not self.lora:
                self._check(stored, shape)
            elif self._adapted(stored):
                layers, d_in, d_out = shape
                self._check(f"blocks/{path[1]}/a", (layers, d_in, self.lora.rank))
                self._check(f"blocks/{path[1]}/b", (layers, self.lora.rank, d_out))

    def _adapted(self, stored: str) -> str | None:
        """The target that a parameter is the kernel of, if adapters are on it."""
        match stored.split("/"):
            case ["blocks", part, "kernel"] if self.lora and part in self.lora.targets:
                return part
        return None

    def _check(self, name: str, shape: tuple[int, ...]) -> None:
        if (found := self._stored.shapes.get(name)) != shape:
            raise InputError(
                f"{self._stored.path}: {name} has shape {found or 'none'}, the model that the run began with asks for "
                f"{shape}; it has changed since"
            )

    def file_of(self, name: str) -> str:
        return self._stored.path

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        stored, layer, transposed = self._parameter[name]
        if self._base is None:
            values = self._layer(stored, layer)
            return values.T[rows] if transposed else values[rows]
        values = self._base.get(name, rows)
        if not (target := self._adapted(stored)):
            return values
        assert self.lora and layer is not None
        a, b = (self._layer(f"blocks/{target}/{kind}", layer).astype(np.float32) for kind in "ab")
        merged = (b.T[rows] * np.float32(self.lora.scale)) @ a.T
        merged += values
        return merged

    def adapters(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """`a` `[L, d_in, rank]` and `b` `[L, rank, d_out]` of each target; none where all parameters are trained."""
        targets = self.lora.targets if self.lora else ()
        return {t: (self._stored.get(f"blocks/{t}/a"), self._stored.get(f"blocks/{t}/b")) for t in targets}


def checkpoint_step(workdir: str | os.PathLike, step: int | None) -> int:
    """The step, which must be saved, or the newest one.

    Raises:
      InputError: it is not there.
    """
    with contextlib.closing(Checkpoints(workdir)) as checkpoints:
        steps = checkpoints.steps()
    if not steps:
        raise no_checkpoint(workdir)
    if step is not None and step not in steps:
        raise InputError(f"{workdir}: no checkpoint of step {step}; there are {', '.join(map(str, steps))}")
    return steps[-1] if step is None else step


def _is_scratch(workdir: str | os.PathLike) -> bool:
    """Whether a run, or the first of those before it, began with random weights."""
    place: str | os.PathLike = workdir
    while is_run(place):
        place = run_config(place)["init_from"]
    return os.fspath(place).startswith(SCRATCH)
