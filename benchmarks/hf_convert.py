"""Models in and out of Hugging Face's format, disk to disk: `python -m benchmarks.hf_convert --json`.

A model of a shape with random bfloat16 weights is written, copied by `cp`, imported and, as the base of a LoRA run,
exported with the adapters merged; `--full-shape` is of a run that trained all parameters, in float32. Memory is the
process's RssAnon, looked at every 20 ms: pages of mapped files are no part of it. Times go until the disk has it all.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import jax
import ml_dtypes
import numpy as np
import tokenizers

from benchmarks.common import parser, report
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.files import write_json
from kcjax.model.config import LlamaConfig
from kcjax.model.huggingface import load_config, write_model
from kcjax.model.info import ModelInfo
from kcjax.model.shapes import SHAPES
from kcjax.model.tensors import ALL_ROWS, tensor_shapes
from kcjax.train.checkpoints import Checkpoints
from kcjax.train.config import default_config, to_json
from kcjax.train.state import abstract_parts

_PEER = """
import sys, torch, transformers
model = transformers.AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.bfloat16)
model.save_pretrained(sys.argv[2])
"""


class RandomTensors:
    """Of a model of that shape: random bits, but for most of the exponent: small numbers."""

    def __init__(self, config: LlamaConfig):
        self.path = "random"
        self.shapes = tensor_shapes(config)
        self.dtypes = dict.fromkeys(self.shapes, np.dtype(ml_dtypes.bfloat16))
        self._rng = np.random.default_rng(0)

    def file_of(self, name: str) -> str:
        return self.path

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        count, *rest = self.shapes[name]
        shape = (len(range(count)[rows]), *rest)
        bits = np.frombuffer(self._rng.bytes(2 * int(np.prod(shape))), np.uint16) & np.uint16(0x83FF)
        return (bits | np.uint16(0x3900)).view(ml_dtypes.bfloat16).reshape(shape)


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--shape", choices=tuple(SHAPES), default="llama2_7b")
    arguments.add_argument("--full-shape", choices=tuple(SHAPES), default="smollm2_1.7b")
    arguments.add_argument("--peer", action="store_true", help="by transformers too, which takes the memory")
    arguments.add_argument("--workdir", help="the disk to work on (default: that of temporary files)")
    args = arguments.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory(dir=args.workdir) as folder:
        place = Path(folder)
        _write_random(SHAPES[args.shape], place / "source")
        size = _gigabytes(place / "source")
        os.sync()
        seconds, _ = _measured(["cp", "-r", place / "source", place / "copy"])
        shutil.rmtree(place / "copy")
        figures |= {"gigabytes": round(size, 2), "copy_gb_per_s": round(size / seconds, 3)}
        if args.peer:
            seconds, peak = _measured([sys.executable, "-c", _PEER, place / "source", place / "peer"])
            shutil.rmtree(place / "peer")
            figures |= {"peer_gb_per_s": round(size / seconds, 3), "peer_peak_anon_gib": peak}
        seconds, peak = _measured(_kcjax("import", place / "source", place / "model"))
        figures |= {"import_gb_per_s": round(size / seconds, 3), "import_peak_anon_gib": peak}
        shutil.rmtree(place / "source")
        _write_run(place / "lora", place / "model", rank=32)
        seconds, peak = _measured(_kcjax("export", place / "lora", place / "out"))
        figures |= {"export_gb_per_s": round(size / seconds, 3), "export_peak_anon_gib": peak}
        for made in ("model", "lora", "out"):
            shutil.rmtree(place / made)
        if args.full_shape:
            _write_random(SHAPES[args.full_shape], place / "model")
            _write_run(place / "full", place / "model", rank=0)
            os.sync()
            seconds, _ = _measured(["cp", "-r", place / "full" / "checkpoints", place / "copy"])
            figures["full_copy_gb_per_s"] = round(_gigabytes(place / "copy") / seconds, 3)
            seconds, peak = _measured(_kcjax("export", place / "full", place / "out", "--dtype=float32"))
            size = _gigabytes(place / "out")
            figures |= {"full_gigabytes": round(size, 2), "full_export_gb_per_s": round(size / seconds, 3)}
            figures["full_export_peak_anon_gib"] = peak
    report("hf_convert", args, figures)


def _kcjax(*argv: object) -> list[object]:
    return [sys.executable, "-m", "kcjax.cli", *argv]


def _gigabytes(directory: Path) -> float:
    return sum(file.stat().st_size for file in directory.rglob("*") if file.is_file()) / 1e9


def _measured(command: list[object]) -> tuple[float, float]:
    """Seconds until it is on disk, and the largest RssAnon in GiB."""
    start = time.perf_counter()
    process = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL)
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            try:
                lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            except OSError:
                return
            peak = max([peak, *(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))])
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    if process.wait():
        raise SystemExit(f"{command} failed")
    watcher.join()
    os.sync()
    return time.perf_counter() - start, round(peak / 2**20, 2)


def _write_random(config: LlamaConfig, directory: Path) -> None:
    """A Hugging Face directory; its tokenizer has the bytes alone."""
    directory.mkdir()
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=258, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([], trainer)
    tokenizer.save(str(directory / "tokenizer.json"))
    write_json(directory / "tokenizer_config.json", {"bos_token": "<s>", "eos_token": "</s>"})
    found = load_tokenizer(directory)
    info = ModelInfo(found.bos_id, found.eos_id, found.hash, base_model="random/weights")
    write_model(directory, RandomTensors(config), config, info=info, dtype=None)
    (directory / "kcjax.json").unlink()


def _write_run(workdir: Path, base: Path, *, rank: int) -> None:
    """What a run leaves behind: its config, and a checkpoint of random parameters without an optimizer's state."""
    config = default_config()
    config.init_from, config.data = str(base), "data"
    config.lora.rank = rank
    state = abstract_parts(load_config(base), config).params
    rng = np.random.default_rng(0)
    make = lambda leaf: jax.numpy.asarray(rng.standard_normal(leaf.shape, np.float32) * 0.02)
    workdir.mkdir()
    checkpoints = Checkpoints(workdir)
    checkpoints.save(1, params=jax.tree.map(make, state), optimizer={"count": np.int32(1)}, about={})
    checkpoints.close()
    write_json(workdir / "config.json", to_json(config))
    (workdir / "metrics.jsonl").write_text("")


if __name__ == "__main__":
    main()
