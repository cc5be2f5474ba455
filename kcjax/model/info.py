"""`kcjax.json`: what a model directory says beyond Hugging Face's own files."""

import dataclasses
from pathlib import Path
from typing import Any

from kcjax.errors import InputError
from kcjax.files import read_json, write_json

FORMAT_VERSION = 1
FILE_NAME = "kcjax.json"


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """Every document is `<bos> ... <eos>` with these ids, in training and in decoding alike."""

    bos_id: int
    eos_id: int
    tokenizer_hash: str
    """SHA-256 of the tokenizer file the model was trained with."""
    prompt_style: str = "kcjax"
    base_model: str | None = None
    phases: tuple[str, ...] = ()
    """The phases the model went through, in order: `understanding`, `following`, `refinement`."""
    vocab_rows: int | None = None
    """Rows of the embedding that others know of, where `kcjax import` added more; `kcjax export` takes these off."""


def write_info(info: ModelInfo, directory: str | Path) -> None:
    values = dataclasses.asdict(info)
    if info.vocab_rows is None:
        del values["vocab_rows"]
    write_json(Path(directory) / FILE_NAME, {"format_version": FORMAT_VERSION, **values})


def read_info(directory: str | Path) -> ModelInfo:
    """Reads `kcjax.json`.

    Raises:
      InputError: it is missing, of another format version, or a field is missing, unknown or of the wrong type.
    """
    path = Path(directory) / FILE_NAME
    if not path.is_file():
        raise InputError(f"{path}: no such file; `kcjax import` makes a model directory of a Hugging Face one")
    values = {"vocab_rows": None} | read_json(path)
    if (version := values.pop("format_version", None)) != FORMAT_VERSION:
        raise InputError(f"{path}: format_version is {version!r}, this kcjax reads {FORMAT_VERSION}")
    kinds: dict[str, Any] = {"bos_id": int, "eos_id": int, "tokenizer_hash": str, "prompt_style": str, "phases": list}
    kinds["vocab_rows"] = int | None
    for field in dataclasses.fields(ModelInfo):
        if field.name not in values:
            raise InputError(f"{path}: {field.name} is missing")
        value, kind = values.pop(field.name), kinds.get(field.name, str | None)
        if not isinstance(value, kind):
            raise InputError(f"{path}: {field.name} is {value!r}, expected {getattr(kind, '__name__', kind)}")
        kinds[field.name] = tuple(value) if kind is list else value
    if values:
        raise InputError(f"{path}: unknown field {min(values)!r}")
    return ModelInfo(**kinds)
