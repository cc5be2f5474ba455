"""Checkpoints of a run: parameters, optimizer state and what they belong to, under `WORKDIR/checkpoints/STEP/`."""

from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from kcjax.errors import InputError, WorkError


def _flat(tree: Any) -> dict[str, Any]:
    """Leaves by path: checkpoints do not depend on the Python classes that held the leaves."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def _unflat(flat: dict[str, Any], like: Any) -> Any:
    paths, treedef = jax.tree_util.tree_flatten_with_path(like)
    keys = (jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in paths)
    return jax.tree_util.tree_unflatten(treedef, [flat[key] for key in keys])


class Checkpoints:
    """Saves in the background, when told to, and keeps the newest `keep`."""

    def __init__(self, workdir: str | Path, *, keep: int | None = None):
        self.directory = Path(workdir).absolute() / "checkpoints"
        options = ocp.CheckpointManagerOptions(max_to_keep=keep, save_interval_steps=1, create=True)
        # Three Orbax items a step: "params" can be restored without "optimizer"; "about" is JSON.
        handlers = {
            "params": ocp.StandardCheckpointHandler(),
            "optimizer": ocp.StandardCheckpointHandler(),
            "about": ocp.JsonCheckpointHandler(),
        }
        self._manager = ocp.CheckpointManager(self.directory, options=options, item_handlers=handlers)

    def latest(self) -> int | None:
        return self._manager.latest_step()

    def save(self, step: int, *, params: Any, optimizer: Any, about: dict[str, Any]) -> None:
        """Starts saving; the arrays may be donated as soon as this returns."""
        if step == self.latest():
            return
        items = ocp.args.Composite(
            params=ocp.args.StandardSave(_flat(params)),
            optimizer=ocp.args.StandardSave(_flat(optimizer)),
            about=ocp.args.JsonSave(about),
        )
        self._manager.save(step, args=items, force=True)

    def about(self, step: int) -> dict[str, Any]:
        """What `save` was given, to compare with before restoring arrays."""
        return self._restore(step, about=ocp.args.JsonRestore())["about"]

    def restore(self, step: int, *, params: Any, optimizer: Any = None) -> tuple[Any, Any]:
        """Arrays in the shapes, dtypes and shardings of the given abstract trees; `optimizer` None skips it.

        Raises:
          InputError: the checkpoint is one of another model.
          WorkError: it is damaged.
        """
        wanted = {"params": params} if optimizer is None else {"params": params, "optimizer": optimizer}
        for name, tree in wanted.items():
            self._check_shapes(step, name, _flat(tree))
        found = self._restore(step, **{name: ocp.args.StandardRestore(_flat(tree)) for name, tree in wanted.items()})
        return _unflat(found["params"], params), None if optimizer is None else _unflat(found["optimizer"], optimizer)

    def _check_shapes(self, step: int, name: str, wanted: dict[str, Any]) -> None:
        metadata = self._manager.item_metadata(step)[name]
        if metadata is None:  # damaged, as reading the arrays will tell
            return
        stored = {key: tuple(array.shape) for key, array in metadata.items()}
        for key in sorted(wanted.keys() | stored.keys()):
            here, there = (shapes.get(key, "none") for shapes in ({k: v.shape for k, v in wanted.items()}, stored))
            if here != there:
                raise InputError(
                    f"{self.directory / str(step)}: {name} {key} has shape {there} there and {here} here; "
                    "it belongs to another model, or what the run started from has changed since"
                )

    def _restore(self, step: int, **items: Any) -> Any:
        try:
            return self._manager.restore(step, args=ocp.args.Composite(**items))
        except Exception as error:  # Orbax and TensorStore raise many kinds, all of them mean the same here
            remedy = "remove it to go on from the one before"
            reason = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0]
            raise WorkError(f"{self.directory / str(step)}: cannot be restored; {remedy}: {reason}") from error

    def close(self) -> None:
        """Waits until everything is on disk."""
        self._manager.wait_until_finished()
        self._manager.close()


def check_same(saved: dict[str, Any], wanted: dict[str, Any], *, where: str) -> None:
    """Raises an `InputError` naming the first field in which a checkpoint differs from what is wanted of it."""
    for key in sorted(saved.keys() | wanted.keys()):
        ours, theirs = wanted.get(key), saved.get(key)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            check_same(theirs, ours, where=f"{where}: {key}")
        elif ours != theirs:
            remedy = "use another workdir, or what this one was started with"
            raise InputError(f"{where}: {key} is {theirs!r} there and {ours!r} here; {remedy}")
