"""Tensors in safetensors files, one or several, read and written one tensor at a time."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, safe_open

from kcjax.errors import InputError
from kcjax.files import read_json

_DTYPES = {"F32": np.dtype("float32"), "F16": np.dtype("float16"), "BF16": np.dtype(ml_dtypes.bfloat16)}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
MAX_SHARD_BYTES = 5_000_000_000  # what transformers splits at


class TensorReader:
    """The tensors of `<stem>.safetensors`, or of the files that its index lists, in a Hugging Face directory.

    Raises:
      InputError: a file is missing, damaged or cut short, or a tensor is neither float32, float16 nor bfloat16.
    """

    def __init__(self, directory: str | Path, *, stem: str = "model"):
        self.path = directory = Path(directory)
        self._index = index = f"{stem}.safetensors.index.json"
        self._files: dict[Path, Any] = {}
        self._file_of: dict[str, Path] = {}
        if (directory / index).is_file():
            weight_map = read_json(directory / index).get("weight_map") or {}
            for name in set(weight_map.values()):
                if not isinstance(name, str) or Path(name).name != name:
                    raise InputError(f"{directory / index}: {name!r} is not the name of a file beside it")
                self._open(directory / name)
            for tensor, name in weight_map.items():
                if self._file_of.get(tensor) != directory / name:
                    raise InputError(f"{directory / name}: tensor {tensor} is missing, though {index} lists it there")
        elif (directory / f"{stem}.safetensors").is_file():
            self._open(directory / f"{stem}.safetensors")
        else:
            pickled = " (only pickled weights, which can run code: convert them to safetensors first)"
            note = pickled if any(directory.glob("*_model*.bin")) else ""
            raise InputError(f"{directory}: has neither {stem}.safetensors nor {index}{note}")
        self.shapes = {name: tuple(self.slice_of(name).get_shape()) for name in self._file_of}
        self.dtypes = {name: self._dtype(name) for name in self._file_of}

    def _open(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"{path}: no such file, though {self._index} lists it")
        try:
            self._files[path] = safe_open(path, framework="numpy")
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path}: damaged or cut short: {error}") from error
        for tensor in self._files[path].keys():  # noqa: SIM118 (it is no mapping)
            self._file_of[tensor] = path

    def _dtype(self, name: str) -> np.dtype:
        code = self.slice_of(name).get_dtype()
        if code not in _DTYPES:
            raise InputError(f"{self.file_of(name)}: tensor {name} is {code}; only {', '.join(_DTYPES)} can be read")
        return _DTYPES[code]

    def file_of(self, name: str) -> Path:
        return self._file_of[name]

    def get(self, name: str) -> np.ndarray:
        return self._files[self._file_of[name]].get_tensor(name)

    def slice_of(self, name: str) -> Any:
        """What gives a part of the tensor, and reads only that part, when indexed with slices."""
        return self._files[self._file_of[name]].get_slice(name)


def write_shards(
    directory: Path,
    shapes: Mapping[str, tuple[int, ...]],
    get: Callable[[str], np.ndarray],
    *,
    dtypes: Mapping[str, np.dtype],
    max_shard_bytes: int = MAX_SHARD_BYTES,
    stem: str = "model",
) -> None:
    """Writes `<stem>.safetensors`, or several files and their index, asking `get` for one tensor after another."""
    sizes = {name: int(np.prod(shape)) * dtypes[name].itemsize for name, shape in shapes.items()}
    shards: list[list[str]] = [[]]
    filled = 0
    for name, size in sizes.items():
        if shards[-1] and filled + size > max_shard_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += size
    weight_map: dict[str, str] = {}
    for number, names in enumerate(shards, start=1):
        alone = len(shards) == 1
        file_name = f"{stem}.safetensors" if alone else f"{stem}-{number:05d}-of-{len(shards):05d}.safetensors"
        _write_file(directory / file_name, names, shapes, sizes, get, dtypes)
        weight_map |= dict.fromkeys(names, file_name)
    if len(shards) > 1:
        index = {"metadata": {"total_size": sum(sizes.values())}, "weight_map": weight_map}
        (directory / f"{stem}.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def _write_file(
    path: Path,
    names: list[str],
    shapes: Mapping[str, tuple[int, ...]],
    sizes: Mapping[str, int],
    get: Callable[[str], np.ndarray],
    dtypes: Mapping[str, np.dtype],
) -> None:
    """One safetensors file (github.com/huggingface/safetensors); the library's own writer wants all tensors at once."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name in names:
        offsets = [offset, offset + sizes[name]]
        header[name] = {"dtype": _CODES[dtypes[name]], "shape": list(shapes[name]), "data_offsets": offsets}
        offset = offsets[1]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            tensor = np.ascontiguousarray(get(name), dtype=dtypes[name])
            assert tensor.shape == shapes[name], name
            file.write(tensor.reshape(-1).view(np.uint8).data)
