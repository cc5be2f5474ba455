"""Checkpoints of a run: parameters, optimizer state and what they belong to, under `WORKDIR/checkpoints/STEP/`."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import jax
import numpy as np
import orbax.checkpoint as ocp
import tensorstore
from etils import epath
from jax.experimental import multihost_utils

from kcjax.errors import InputError, WorkError
from kcjax.files import is_remote

log = logging.getLogger(__name__)
T = TypeVar("T")


def _flat(tree: Any) -> dict[str, Any]:
    """Leaves by path: checkpoints do not depend on the Python classes that held the leaves."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def _unflat(flat: dict[str, Any], like: Any) -> Any:
    paths, treedef = jax.tree_util.tree_flatten_with_path(like)
    keys = (jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in paths)
    return jax.tree_util.tree_unflatten(treedef, [flat[key] for key in keys])


def _in_layers(array: jax.Array) -> ocp.SaveArgs:
    """A stack of matrices is stored layer by layer, so that one can be read alone; see `StoredParams`."""
    if array.ndim != 3:
        return ocp.SaveArgs()
    return ocp.SaveArgs(chunk_byte_size=array[:1].nbytes, shard_axes=(0,))


class Checkpoints:
    """Saves in the background, when told to. On several hosts all of them do all of this together."""

    def __init__(self, workdir: str | os.PathLike, *, keep: int | None = None, keep_every: int | None = None):
        """
        Args:
          workdir: on disk, or in a bucket; of several hosts one that all of them see.
          keep: how many of the newest stay, None for all; keep_every: those of steps that it divides stay for good.
        """
        place = workdir if is_remote(workdir) else os.path.abspath(workdir)
        self.directory = epath.Path(place) / "checkpoints"
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep, keep_period=keep_every or None, save_interval_steps=1, create=True
        )
        # Three Orbax items a step: "params" can be restored without "optimizer"; "about" is JSON.
        self._handlers = {
            "params": ocp.StandardCheckpointHandler(),
            "optimizer": ocp.StandardCheckpointHandler(),
            "about": ocp.JsonCheckpointHandler(),
        }
        self._manager = ocp.CheckpointManager(self.directory, options=options, item_handlers=self._handlers)

    def latest(self) -> int | None:
        return self._manager.latest_step()

    def steps(self) -> list[int]:
        """Those that were saved, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, step: int, *, params: Any, optimizer: Any, about: dict[str, Any]) -> None:
        """Starts saving; the arrays may be donated as soon as this returns."""
        if step == self.latest():
            return
        flat = _flat(params)
        items = ocp.args.Composite(
            params=ocp.args.StandardSave(flat, jax.tree.map(_in_layers, flat)),
            optimizer=ocp.args.StandardSave(_flat(optimizer)),
            about=ocp.args.JsonSave(about),
        )
        self._manager.save(step, args=items, force=True)

    def wait(self) -> None:
        """Until everything is on disk."""
        self._manager.wait_until_finished()

    def about(self, step: int) -> dict[str, Any]:
        """What `save` was given, to compare with before restoring arrays."""
        return self._restore(step, "about", ocp.args.JsonRestore())

    def restore(self, step: int, *, params: Any, optimizer: Any = None) -> tuple[Any, Any]:
        """Arrays in the shapes, dtypes and shardings of the given abstract trees; `optimizer` None skips it.

        Raises:
          InputError: the checkpoint is one of another model.
          WorkError: it is damaged.
        """
        wanted = {"params": params} if optimizer is None else {"params": params, "optimizer": optimizer}
        for name, tree in wanted.items():
            self._check_shapes(step, name, _flat(tree))
        found = {
            name: self._restore(step, name, ocp.args.StandardRestore(_flat(tree))) for name, tree in wanted.items()
        }
        return _unflat(found["params"], params), None if optimizer is None else _unflat(found["optimizer"], optimizer)

    def newest_that(self, restore: Callable[[int], T]) -> tuple[int, T] | None:
        """The newest step that `restore` can read, and what it gives; None where nothing was saved.

        Steps that are damaged are set aside, as `damaged-STEP`, and said, if one before them is whole.

        Raises:
          WorkError: what was saved is damaged, all of it.
        """
        failures: list[tuple[int, WorkError]] = []
        for step in reversed(self.steps()):
            found, failure = None, None
            try:
                found = restore(step)
            except WorkError as error:
                failure = error
            if _on_all_hosts(failure is None):
                for damaged, reason in failures:
                    log.warning("%s; going on from step %d, and leaving it as damaged-%d", reason, step, damaged)
                    self._set_aside(damaged)
                assert found is not None
                return step, found
            failures.append((step, failure or WorkError(f"{self.directory / str(step)}: another host cannot read it")))
        if failures:
            raise failures[0][1]
        return None

    def _set_aside(self, step: int) -> None:
        if jax.process_index() == 0:
            target = self.directory / f"damaged-{step}"
            number = 1
            while target.exists():
                number += 1
                target = self.directory / f"damaged-{step}-{number}"
            (self.directory / str(step)).rename(target)
        if jax.process_count() > 1:
            multihost_utils.sync_global_devices("set aside")
        self._manager.reload()

    def _check_shapes(self, step: int, name: str, wanted: dict[str, Any]) -> None:
        try:
            metadata = self._handlers[name].metadata(self.directory / str(step) / name)
        except Exception as error:  # damaged, as reading the arrays will tell
            log.debug("%s", error)
            return
        stored = {key: tuple(array.shape) for key, array in metadata.items()}
        for key in sorted(wanted.keys() | stored.keys()):
            here, there = (shapes.get(key, "none") for shapes in ({k: v.shape for k, v in wanted.items()}, stored))
            if here != there:
                raise InputError(
                    f"{self.directory / str(step)}: {name} {key} has shape {there} there and {here} here; "
                    "it belongs to another model, or what the run started from has changed since"
                )

    def _restore(self, step: int, name: str, args: Any) -> Any:
        # By the handler itself: the manager makes hosts wait for each other, for minutes if one of them cannot read.
        try:
            return self._handlers[name].restore(self.directory / str(step) / name, args=args)
        except Exception as error:  # Orbax and TensorStore raise many kinds, all of them mean the same here
            reason = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0]
            raise WorkError(f"{self.directory / str(step)}: cannot be restored: {reason}") from error

    def close(self) -> None:
        """Waits until everything is on disk."""
        self.wait()
        self._manager.close()


class StoredParams:
    """A step's parameters by path (`blocks/q/kernel`), read from disk or a bucket a layer at a time, without a device.

    Raises:
      WorkError: the checkpoint is damaged.
    """

    def __init__(self, workdir: str | os.PathLike, step: int):
        place = os.fspath(workdir) if is_remote(workdir) else os.path.abspath(workdir)
        self.path = f"{place}/checkpoints/{step}"
        base = f"{self.path}/params/" if is_remote(place) else f"file://{self.path}/params/"
        self._kvstore = {"driver": "ocdbt", "base": base}
        ending = "/value/.zarray"
        with self._reading("its list of parameters"):
            keys = tensorstore.KvStore.open(self._kvstore).result().list().result()
            names = sorted(key.decode().removesuffix(ending) for key in keys if key.endswith(ending.encode()))
            opened = {name: self._open(name) for name in names}
            self._arrays = {name: coming.result() for name, coming in opened.items()}
        self.shapes = {name: tuple(array.shape) for name, array in self._arrays.items()}

    def _open(self, name: str) -> Any:
        spec = {"driver": "zarr", "kvstore": self._kvstore | {"path": f"{name}/value/"}}
        return tensorstore.open(spec, open=True, read=True)

    def get(self, name: str, layer: int | None = None) -> np.ndarray:
        """The array, or a layer of it."""
        array = self._arrays[name]
        with self._reading(name):
            return (array if layer is None else array[layer]).read().result()

    @contextlib.contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # TensorStore raises many kinds, all of them mean the same here
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise WorkError(f"{self.path}: {what} cannot be read: {reason:.300}") from error


def _on_all_hosts(fact: bool) -> bool:
    if jax.process_count() == 1:
        return fact
    return bool(np.all(multihost_utils.process_allgather(np.array(fact))))


def check_same(saved: dict[str, Any], wanted: dict[str, Any], *, where: str) -> None:
    """Raises an `InputError` naming the first field in which a checkpoint differs from what is wanted of it."""
    for key in sorted(saved.keys() | wanted.keys()):
        ours, theirs = wanted.get(key), saved.get(key)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            check_same(theirs, ours, where=f"{where}: {key}")
        elif ours != theirs:
            remedy = "use another workdir, or what this one was started with"
            raise InputError(f"{where}: {key} is {theirs!r} there and {ours!r} here; {remedy}")
