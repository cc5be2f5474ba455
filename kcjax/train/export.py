"""From a run to what others load, disk to disk: a Hugging Face model directory or a PEFT adapter."""

import dataclasses
import logging
import os
import threading
from pathlib import Path
from typing import Any

from kcjax.errors import InputError
from kcjax.files import exists, new_directory, read_json
from kcjax.model.hub import is_hub_id, push_model
from kcjax.model.huggingface import TOKENIZER_FILES, copy_files, info_of, write_model
from kcjax.model.info import ModelInfo
from kcjax.model.peft import write_peft_adapter
from kcjax.model.shards import MAX_SHARD_BYTES, storable
from kcjax.model.tensors import EMBEDDING, Tensors, WithRows
from kcjax.train.card import write_card
from kcjax.train.run import base_model_directory, is_run, phases_of, run_config
from kcjax.train.run_tensors import RunTensors

log = logging.getLogger(__name__)


def export_run(
    run: str | os.PathLike,
    output: str | os.PathLike,
    *,
    format: str = "hf",
    dtype: str | None = None,
    step: int | None = None,
    max_shard_bytes: int = MAX_SHARD_BYTES,
    base_model: str | None = None,
    push: str | None = None,
    private: bool = False,
) -> dict[str, Any]:
    """Writes a checkpoint of a run, one tensor after the other, without a device; the output may be in a bucket.

    Args:
      format: `hf`, a model directory with adapters merged, or `peft`, the adapter alone.
      dtype: what to store the weights in; by default what the model that the run began with is stored in, and for an
        adapter what it was trained in.
      step: of the checkpoint; by default the newest.
      base_model: name that others know the model by which the run began with; by default what `kcjax.json` says.
      push: `OWNER/NAME` on the Hugging Face hub to upload it to as well; `private`: not for all to see if it is new.

    Raises:
      InputError: the run has no such checkpoint or adapter, the output exists, or a parameter is not finite.
      WorkError: the checkpoint is damaged, or the hub cannot be reached.
    """
    if not is_run(run):
        raise InputError(f"{run}: not the workdir of a run; nothing to export")
    stored = None if dtype is None else storable(dtype)
    tensors = RunTensors(run, step=step)
    if format == "peft" and tensors.lora is None:
        raise InputError(f"{run}: trained all parameters, so there is no adapter; export it with --format=hf")
    base = base_model_directory(run)
    info = _info(run, base, base_model)
    result: dict[str, Any] = {"model": os.fspath(output), "format": format, "step": tensors.step}
    with new_directory(output, last=("config.json", "adapter_config.json")) as directory:
        if format == "peft":
            assert tensors.lora is not None
            began_with = run_config(run)["init_from"]
            known = info.base_model if is_hub_id(info.base_model) and not is_run(began_with) else None
            name = known or began_with
            write_card(directory, run, info, step=tensors.step, base_model=name, adapter=tensors.lora)
            write_peft_adapter(directory, tensors.lora, tensors.adapters(), base_model=name, dtype=stored)
        else:
            rows = info.vocab_rows or tensors.config.vocab_size
            config = dataclasses.replace(tensors.config, vocab_size=rows)
            resized: Tensors = tensors if rows == tensors.config.vocab_size else WithRows(tensors, rows)
            copy_files(base, directory, (*TOKENIZER_FILES, "generation_config.json"))
            write_card(directory, run, info, step=tensors.step, base_model=info.base_model)
            write_model(
                directory,
                resized,
                config,
                info=dataclasses.replace(info, vocab_rows=None),
                dtype=stored,
                hf_config=read_json(base / "config.json"),
                max_shard_bytes=max_shard_bytes,
            )
            result["dtype"] = (stored or tensors.dtypes[EMBEDDING]).name
        if push:
            result["pushed"] = push_model(directory, push, private=private)
    if format == "peft" and is_run(run_config(run)["init_from"]):
        log.warning(
            "%s: adapts what %s was trained to; export that with --format=hf, and load both",
            output,
            run_config(run)["init_from"],
        )
    return result


class BackgroundExport:
    """Exports checkpoints of a run to `WORKDIR/export/STEP` while it goes on, one at a time.

    One that fails ends no training: it is said, and `kcjax export` can try again while the checkpoint is there.
    """

    def __init__(self, workdir: str | os.PathLike):
        self._workdir = os.fspath(workdir)
        self._thread: threading.Thread | None = None

    def start(self, step: int) -> None:
        """Of a checkpoint that is on disk, and stays there until `wait` returns."""
        self.wait()
        self._thread = threading.Thread(target=self._export, args=(step,), name="export")
        self._thread.start()

    def wait(self) -> None:
        if self._thread:
            self._thread.join()

    def _export(self, step: int) -> None:
        output = f"{self._workdir}/export/{step}"
        try:
            if not exists(f"{output}/config.json"):
                export_run(self._workdir, output, step=step)
                log.info("exported step %d to %s", step, output)
        except Exception as error:  # whatever it is, training is worth more
            log.warning("step %d was not exported: %s", step, error)


def _info(run: str | os.PathLike, base: Path, base_model: str | None) -> ModelInfo:
    info = info_of(base)
    return dataclasses.replace(info, base_model=base_model or info.base_model or base.name, phases=phases_of(run))
