"""LLaMA-2-7B on v5e-16 as MaxText compiles it and as kcjax does, by one compiler: what fits.

    python3.12 -m venv maxtext && maxtext/bin/pip install 'maxtext[tpu]==0.2.5' orjson sentencepiece safetensors && \\
        maxtext/bin/pip install --no-deps gguf tokenizers
    python -m benchmarks.maxtext_plans --python=maxtext/bin/python

Writes benchmarks/maxtext_plans.json, which `make plan` puts into docs/tpu-plans.md.
"""

import argparse
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from kcjax.files import write_json

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "benchmarks" / "maxtext_plans.json"
GIB = 2**30
SETTINGS = "model_name=llama2-7b compile_topology=v5e-16 remat_policy=full num_vocab_tiling=8 max_target_length=2048"


def run(python: Path, *command: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([str(python), *command], text=True, capture_output=True, env=environment, cwd=ROOT)
    return done.stdout + done.stderr


def version(python: Path, package: str) -> str:
    return run(python, "-c", f"import importlib.metadata as m; print(m.version('{package}'))").strip()


def maxtext(python: Path, batch: int) -> float | None:
    """GiB of arguments and temporaries; None where it does not fit."""
    said = run(
        python,
        *("-m", "maxtext.trainers.pre_train.train_compile", *SETTINGS.split()),
        *("compile_topology_num_slices=1", f"per_device_batch_size={batch}"),
    )
    if found := re.search(r"argument_size_in_bytes=(\d+).* temp_size_in_bytes=(\d+)", said):
        return sum(map(int, found.groups())) / GIB
    if "RESOURCE_EXHAUSTED" not in said:
        raise SystemExit(said[-3000:])
    return None


def kcjax(python: Path, batch: int, rows_at_once: int) -> float | None:
    """The same of kcjax."""
    fields = {"attention": "splash", "accumulate_steps": 1, "batch_per_device": batch, "rows_at_once": rows_at_once}
    said = run(
        python,
        *("-m", "kcjax.cli", "plan", f"--config={ROOT / 'configs' / 'understanding_llama2_7b.py'}", "--json"),
        *("--model=llama2_7b", "--topology=v5e:4x4", *(f"--config.{name}={value}" for name, value in fields.items())),
    )
    found = re.search(r"^\{.*\}$", said, re.MULTILINE)
    if not found:
        raise SystemExit(said[-3000:])
    plan: dict[str, Any] = json.loads(found[0])
    return plan["hbm_arguments_gib"] + plan["hbm_temporaries_gib"] if plan["fits"] else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", type=Path, required=True, help="that of an environment with MaxText")
    parser.add_argument("--batches", type=int, nargs="+", default=[8, 10, 12])
    args = parser.parse_args()
    plans = []
    for batch in args.batches:
        some = max(rows for rows in range(1, 6) if batch % rows == 0)  # at once, of a layer
        ours = {rows: kcjax(args.python.absolute(), batch, rows) for rows in (0, some)}
        plans.append(
            {"batch_per_device": batch, "maxtext_gib": maxtext(args.python.absolute(), batch), "kcjax_gib": ours}
        )
        print(plans[-1], flush=True)
    found = {
        "maxtext": version(args.python.absolute(), "maxtext"),
        "libtpu": version(args.python.absolute(), "libtpu"),
        "settings": SETTINGS,
        "plans": plans,
    }
    write_json(OUTPUT, found)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
