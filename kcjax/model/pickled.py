"""The weights of old checkpoints, `pytorch_model*.bin`: read by PyTorch as data, so that no code in them can run."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from kcjax.errors import InputError
from kcjax.model.shards import read_weight_map
from kcjax.model.tensors import ALL_ROWS

_FILE, _INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"
_DTYPES = {
    "torch.float32": np.dtype("float32"),
    "torch.float16": np.dtype("float16"),
    "torch.bfloat16": np.dtype(ml_dtypes.bfloat16),
}


def is_pickled(directory: Path) -> bool:
    """Whether a directory has pickled weights alone."""
    names = ("model.safetensors", "model.safetensors.index.json")
    has_other = any((directory / name).is_file() for name in names)
    return not has_other and any((directory / name).is_file() for name in (_FILE, _INDEX))


class PickledTensors:
    """The tensors of `pytorch_model.bin`, or of the files that its index lists, mapped rather than read.

    Raises:
      InputError: PyTorch is not installed; or a file is missing, damaged or holds more than tensors, or a tensor is
        neither float32, float16 nor bfloat16.
    """

    def __init__(self, directory: str | Path):
        self.path = directory = Path(directory)
        self._tensors: dict[str, Any] = {}
        self._file_of: dict[str, Path] = {}
        if (directory / _INDEX).is_file():
            weight_map = read_weight_map(directory / _INDEX)
            for name in sorted(set(weight_map.values())):
                self._open(directory / name)
            for tensor, name in weight_map.items():
                if self._file_of.get(tensor) != directory / name:
                    raise InputError(f"{directory / name}: tensor {tensor} is missing, though {_INDEX} lists it there")
        else:
            self._open(directory / _FILE)
        for name, tensor in self._tensors.items():
            if str(tensor.dtype) not in _DTYPES:
                code = str(tensor.dtype).removeprefix("torch.")
                raise InputError(f"{self.file_of(name)}: tensor {name} is {code}; only floats can be read")
        self.shapes = {name: tuple(tensor.shape) for name, tensor in self._tensors.items()}
        self.dtypes = {name: _DTYPES[str(tensor.dtype)] for name, tensor in self._tensors.items()}

    def _open(self, path: Path) -> None:
        try:
            import torch
        except ModuleNotFoundError as error:
            raise InputError(f"{path}: reading .bin files takes PyTorch; pip install torch") from error
        if not path.is_file():
            raise InputError(f"{path}: no such file, though {_INDEX} lists it")
        try:
            # Files from before 2020 are no zip archives, and cannot be mapped.
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
        except pickle.UnpicklingError as error:
            raise InputError(f"{path}: damaged, or holds more than tensors, which could run code; refused") from error
        except (RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(f"{path}: damaged or cut short: {reason:.200}") from error
        if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
            raise InputError(f"{path}: holds something else than tensors by name")
        if twice := found.keys() & self._tensors.keys():
            raise InputError(f"{path}: tensor {min(twice)} is in {self._file_of[min(twice)].name} as well")
        self._tensors |= found
        self._file_of |= dict.fromkeys(found, path)

    def file_of(self, name: str) -> Path:
        return self._file_of[name]

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        tensor = self._tensors[name][rows].contiguous()
        if self.dtypes[name].name == "bfloat16":  # which NumPy does not know
            import torch

            return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        return tensor.numpy()
