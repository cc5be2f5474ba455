"""Tensors in safetensors files, one or several, read and written one tensor at a time."""

import collections
import json
import math
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from jax.typing import DTypeLike
from safetensors import SafetensorError, safe_open

from kcjax.errors import InputError
from kcjax.files import read_json, write_json
from kcjax.model.tensors import ALL_ROWS, Tensors, not_finite, row_blocks
from kcjax.progress import shown

_DTYPES = {"F32": np.dtype("float32"), "F16": np.dtype("float16"), "BF16": np.dtype(ml_dtypes.bfloat16)}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_TURNED_AT_ONCE = 64  # columns
_BLOCKS_AHEAD = 16  # read and converted while others are written
MAX_SHARD_BYTES = 5_000_000_000  # what transformers splits at


def storable(dtype: DTypeLike) -> np.dtype:
    """
    Raises:
      InputError: tensors are not stored in it.
    """
    found = np.dtype(dtype)
    if found not in _CODES:
        raise InputError(f"dtype {found.name} is not supported; {', '.join(known.name for known in _CODES)} are")
    return found


def read_weight_map(index: Path) -> dict[str, str]:
    """From the index of a model in several files: the file beside it that each tensor is in.

    Raises:
      InputError: it is no such index.
    """
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise InputError(f"{index}: weight_map must be an object with the file of each tensor")
    for name in weight_map.values():
        if not isinstance(name, str) or Path(name).name != name:
            raise InputError(f"{index}: {name!r} is not the name of a file beside it")
    return weight_map


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
            weight_map = read_weight_map(directory / index)
            for name in sorted(set(weight_map.values())):
                self._open(directory / name)
            for tensor, name in weight_map.items():
                if self._file_of.get(tensor) != directory / name:
                    raise InputError(f"{directory / name}: tensor {tensor} is missing, though {index} lists it there")
        elif (directory / f"{stem}.safetensors").is_file():
            self._open(directory / f"{stem}.safetensors")
        else:
            note = "; `kcjax import` reads older forms" if any(directory.glob("*_model*.bin")) else ""
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
            if tensor in self._file_of:
                raise InputError(f"{path}: tensor {tensor} is in {self._file_of[tensor].name} as well")
            self._file_of[tensor] = path

    def _dtype(self, name: str) -> np.dtype:
        code = self.slice_of(name).get_dtype()
        if code not in _DTYPES:
            raise InputError(f"{self.file_of(name)}: tensor {name} is {code}; only {', '.join(_DTYPES)} can be read")
        return _DTYPES[code]

    def file_of(self, name: str) -> Path:
        return self._file_of[name]

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        return self.slice_of(name)[rows]

    def slice_of(self, name: str) -> Any:
        """What gives a part of the tensor, and reads only that part, when indexed with slices."""
        return self._files[self._file_of[name]].get_slice(name)


def write_shards(
    directory: Path,
    tensors: Tensors,
    names: Iterable[str],
    *,
    dtypes: Mapping[str, np.dtype],
    max_shard_bytes: int = MAX_SHARD_BYTES,
    stem: str = "model",
) -> None:
    """Writes `<stem>.safetensors`, or several files and their index, some rows after the other.

    Raises:
      InputError: a tensor holds NaN or infinity, or a number too large for its dtype; the message names it.
    """
    sizes = {name: math.prod(tensors.shapes[name]) * dtypes[name].itemsize for name in names}
    shards: list[list[str]] = [[]]
    filled = 0
    for name, size in sizes.items():
        if shards[-1] and filled + size > max_shard_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += size
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        alone = len(shards) == 1
        file_name = f"{stem}.safetensors" if alone else f"{stem}-{number:05d}-of-{len(shards):05d}.safetensors"
        _write_file(directory / file_name, shard, tensors, dtypes)
        weight_map |= dict.fromkeys(shard, file_name)
    if len(shards) > 1:
        index = {"metadata": {"total_size": sum(sizes.values())}, "weight_map": weight_map}
        write_json(directory / f"{stem}.safetensors.index.json", index)


def _write_file(path: Path, names: list[str], tensors: Tensors, dtypes: Mapping[str, np.dtype]) -> None:
    """One safetensors file (github.com/huggingface/safetensors); the library's own writer wants all tensors at once."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name in names:
        shape, dtype = tensors.shapes[name], dtypes[name]
        end = offset + math.prod(shape) * dtype.itemsize
        header[name] = {"dtype": _CODES[dtype], "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file, ThreadPoolExecutor(1) as reader:
        file.write(len(text).to_bytes(8, "little") + text)
        coming: collections.deque[Future[np.ndarray]] = collections.deque()
        for name in shown(names, "tensors", len(names)):
            for rows in row_blocks(tensors, name):
                coming.append(reader.submit(_as_stored, tensors, name, rows, dtypes[name]))
                if len(coming) > _BLOCKS_AHEAD:
                    file.write(coming.popleft().result().reshape(-1).view(np.uint8).data)
        while coming:
            file.write(coming.popleft().result().reshape(-1).view(np.uint8).data)


def as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The array in C order and another dtype; a transposed one is turned by tiles, as NumPy is slow at it."""
    if values.ndim == 2 and not values.flags.c_contiguous:
        turned = np.empty(values.shape, values.dtype)
        for start in range(0, values.shape[1], _TURNED_AT_ONCE):
            turned[:, start : start + _TURNED_AT_ONCE] = values[:, start : start + _TURNED_AT_ONCE]
        values = turned
    with np.errstate(over="ignore"):  # infinity comes of it
        return np.ascontiguousarray(values, dtype=dtype)


def _as_stored(tensors: Tensors, name: str, rows: slice, dtype: np.dtype) -> np.ndarray:
    """Rows of a tensor as they are to be stored, contiguous, each number finite."""
    values = tensors.get(name, rows)
    assert values.shape == (rows.stop - rows.start, *tensors.shapes[name][1:]), name
    stored = as_dtype(values, dtype)
    if found := not_finite(stored):
        if not not_finite(as_dtype(values, values.dtype)):
            largest = float(np.abs(values.astype(np.float32)).max())
            raise InputError(
                f"{tensors.file_of(name)}: tensor {name} holds {largest:g}, too large for {dtype.name}; "
                "store it in float32"
            )
        told = f"{tensors.file_of(name)}: tensor {name} holds {found}"
        raise InputError(f"{told}; the file is damaged, or what trained it failed")
    return stored
