"""How soon training starts, without and with compiled programs in the cache: `python -m benchmarks.first_step --json`.

Two runs of one step on the sample, each a process of its own, the second with the cache of the first.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import ROOT, model_directory, model_parser, report
from kcjax.train.metrics import read_metrics


def kcjax(*arguments: str, cache: Path) -> float:
    """Seconds."""
    start = time.perf_counter()
    environment = os.environ | {"KCJAX_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-m", "kcjax.cli", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - start


def main() -> None:
    arguments = model_parser(__doc__.splitlines()[0])
    arguments.add_argument("--length", type=int, default=512)
    args = arguments.parse_args()
    directory = model_directory(args.model)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        cache = place / "cache"
        kcjax(
            *("corpus", "build", "--phase=understanding", "--dataset=harbour", f"--model={directory}"),
            *(f"--length={args.length}", f"--output={place / 'data'}"),
            cache=cache,
        )
        figures = {}
        for name in ("cold", "warm"):
            wall = kcjax(
                *("train", "--config=configs/understanding_smollm2_135m.py", f"--workdir={place / name}"),
                *(f"--config.data={place / 'data'}", f"--config.init_from={directory}", "--config.steps=1"),
                *(f"--config.sequence_length={args.length}", "--config.batch_per_device=1"),
                *("--config.accumulate_steps=1", "--config.log_every=1"),
                cache=cache,
            )
            row = next(row for row in read_metrics(place / name) if "time/compile_s" in row)
            figures |= {f"{name}_compile_s": round(row["time/compile_s"], 2), f"{name}_wall_s": round(wall, 1)}
    report("first_step", args, figures | {"ratio": round(figures["warm_compile_s"] / figures["cold_compile_s"], 3)})


if __name__ == "__main__":
    main()
