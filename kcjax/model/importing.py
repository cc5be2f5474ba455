"""Other people's models as model directories: from Hugging Face's directories and hub, pickled weights, and GGUF."""

import dataclasses
import logging
from pathlib import Path

from jax.typing import DTypeLike

from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.corpus.tokenizer_check import first_difference
from kcjax.errors import InputError
from kcjax.files import atomic_directory, check_new, read_json
from kcjax.model.gguf import GgufModel
from kcjax.model.hub import fetch_model, is_hub_id
from kcjax.model.huggingface import TOKENIZER_FILES, check_vocabulary, copy_files, load_config, write_model
from kcjax.model.info import FILE_NAME, ModelInfo, read_info
from kcjax.model.pickled import PickledTensors, is_pickled
from kcjax.model.shards import MAX_SHARD_BYTES, TensorReader, storable
from kcjax.model.smollm2 import NAME as SMOLLM2
from kcjax.model.smollm2 import fetch_smollm2
from kcjax.model.tensors import Tensors, WithRows, check_tensors

log = logging.getLogger(__name__)


def import_model(
    source: str | Path,
    output: str | Path,
    *,
    dtype: DTypeLike | None = None,
    revision: str | None = None,
    vocab_multiple: int | None = None,
    prompt_style: str = "kcjax",
    base_model: str | None = None,
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> ModelInfo:
    """Makes a model directory, one tensor after the other, without a device.

    Args:
      source: a Hugging Face directory with safetensors or `.bin` files; the id of a model on the hub, such as
        `codellama/CodeLlama-7b-hf`; a `.gguf` file; or `smollm2-135m-instruct`.
      dtype: what to store the weights in; by default as they are, and float32 for GGUF's quantised ones.
      revision: branch, tag or commit of a model on the hub.
      vocab_multiple: gives the embedding a row for every token of the tokenizer, and then as many more as make their
        number a multiple of this; by default its rows stay as they are.
      prompt_style, base_model: what `kcjax.json` is to say, unless the source has one.

    Raises:
      InputError: the source is damaged, holds numbers that are not finite, or is no model that kcjax can run as it was
        meant; nothing is written.
    """
    check_new(output)
    if source == SMOLLM2:
        source = fetch_smollm2()
    elif is_hub_id(source):
        base_model = base_model or str(source)
        source = fetch_model(str(source), revision)
    elif revision is not None:
        raise InputError(f"{source}: only a model on the hub has revisions; leave out --revision")
    source = Path(source)
    gguf = GgufModel(source) if source.suffix == ".gguf" else None
    config = gguf.config if gguf else load_config(source)
    tensors: Tensors = gguf or open_tensors(source)
    check_tensors(tensors, config)
    with atomic_directory(output) as directory:
        if gguf:
            for name, content in gguf.tokenizer_files.items():
                (directory / name).write_bytes(content)
        else:
            copy_files(source, directory, (*TOKENIZER_FILES, "generation_config.json", FILE_NAME))
        tokenizer = load_tokenizer(directory if gguf else source)
        if (directory / FILE_NAME).is_file():
            info = read_info(directory)
        else:
            base = base_model or (source.stem if gguf else source.resolve().name)
            info = ModelInfo(tokenizer.bos_id, tokenizer.eos_id, tokenizer.hash, prompt_style, base)
        if vocab_multiple:
            rows = -(-max(config.vocab_size, tokenizer.vocab_size) // vocab_multiple) * vocab_multiple
            info = dataclasses.replace(info, vocab_rows=max(info.vocab_rows or config.vocab_size, tokenizer.vocab_size))
            config, tensors = dataclasses.replace(config, vocab_size=rows), WithRows(tensors, rows)
        check_vocabulary(source, tokenizer.vocab_size, config)
        if (directory / "tokenizer.json").is_file() and (directory / "tokenizer.model").is_file():
            if difference := first_difference(directory):
                log.warning("%s: %s; tokenizer.json is what is used", source, difference)
        write_model(
            directory,
            tensors,
            config,
            info=info,
            dtype=None if dtype is None else storable(dtype),
            hf_config=None if gguf else read_json(source / "config.json"),
            max_shard_bytes=max_shard_bytes,
        )
    return info


def open_tensors(directory: Path) -> Tensors:
    """The tensors of a Hugging Face directory: safetensors, or pickled ones where these are all it has."""
    return PickledTensors(directory) if is_pickled(directory) else TensorReader(directory)
