"""Plans of the configs on TPUs, from their compiler: `make plan`, which writes docs/tpu-plans.md.

Also what `kcjax plan` says of its own error: step times that others published, predicted. A plan that was made before
with the same code and compiler is taken from the cache.
"""

import argparse
import dataclasses
import hashlib
import importlib.metadata
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"

from benchmarks.maxtext_plans import OUTPUT as MAXTEXT
from kcjax.files import atomic_write, cache_dir, write_json
from kcjax.model.shapes import SHAPES
from kcjax.plan.checks import CHECKS, PREDICTED
from kcjax.plan.extraction import COLUMNS, PROGRAMS, Workload, plan_extraction
from kcjax.plan.plan import EFFICIENCY, KERNEL_EFFICIENCY, Plan, plan_step
from kcjax.plan.topology import Topology
from kcjax.train.config import load_config

ROOT = Path(__file__).resolve().parents[1]

# Section, then lines: what it is, config, model, topology, fields.
Line = tuple[str, str, str, str, dict[str, Any]]
ONE = {"accumulate_steps": 1}
STEPS: dict[str, list[Line]] = {
    "Phase 1: all parameters, AdamW in float32, rows of 2048 tokens": [
        ("LLaMA-2-7B, most rows", "understanding_llama2_7b", "llama2_7b", "v5e:4x4", ONE | {"batch_per_device": 12}),
        (
            "LLaMA-2-7B, attention kept",
            "understanding_llama2_7b",
            "llama2_7b",
            "v5e:4x4",
            ONE | {"batch_per_device": 6, "rows_at_once": 3, "remat": "save:attention"},
        ),
        ("LLaMA-2-7B, as configured", "understanding_llama2_7b", "llama2_7b", "v5e:4x4", {}),
        (
            "LLaMA-2-7B on eight chips",
            "understanding_llama2_7b",
            "llama2_7b",
            "v5e:2x4",
            ONE | {"batch_per_device": 1, "rows_at_once": 0},
        ),
        ("LLaMA-2-7B", "understanding_llama2_7b", "llama2_7b", "v5p:2x2x1", ONE | {"batch_per_device": 16}),
        ("LLaMA-2-7B", "understanding_llama2_7b", "llama2_7b", "v6e:2x4", ONE | {"batch_per_device": 8}),
        (
            "LLaMA-2-7B",
            "understanding_llama2_7b",
            "llama2_7b",
            "v5e:16x16",
            ONE | {"batch_per_device": 2, "rows_at_once": 0},
        ),
        (
            "LLaMA-2-7B, two slices",
            "understanding_llama2_7b",
            "llama2_7b",
            "v5e:16x16*2",
            ONE | {"batch_per_device": 2, "rows_at_once": 0, "mesh.slice": 2},
        ),
        (
            "LLaMA-2-7B, tensor parallel",
            "understanding_llama2_7b",
            "llama2_7b",
            "v5e:4x4",
            ONE | {"batch_per_device": 4, "rows_at_once": 0, "mesh.tensor": 4},
        ),
        ("Llama-3-8B, as configured", "understanding_llama3_8b", "llama3_8b", "v5e:4x4", {}),
    ],
    "Phase 2 and refinement: LoRA of rank 32": [
        ("LLaMA-2-7B, as configured", "following_llama2_7b", "llama2_7b", "v5e:2x4", {}),
        ("LLaMA-2-7B, base in int8", "following_llama2_7b", "llama2_7b", "v5e:2x4", {"lora.base_dtype": "int8"}),
        ("Llama-3-8B, as configured", "following_llama3_8b", "llama3_8b", "v5e:2x4", {}),
    ],
}


def compiled(make, *key: Any) -> Plan:
    """The plan that `make()` gives, or gave to the same key, code and compiler before."""
    sources = sorted((ROOT / "kcjax").rglob("*.py"))
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    compiler = importlib.metadata.version("libtpu")
    name = hashlib.sha256(repr((key, code, compiler)).encode()).hexdigest()[:24]
    file = cache_dir() / "plans" / f"{name}.json"
    if file.exists():
        return Plan.from_json(json.loads(file.read_text()))
    print(*key, sep="  ", file=sys.stderr, flush=True)
    plan = make()
    write_json(file, plan.to_json())
    return plan


def step_plan(config_name: str, model: str, topology: str, fields: dict[str, Any]) -> tuple[Plan, Any]:
    config = load_config(str(ROOT / "configs" / f"{config_name}.py"), [], complete=False)
    config.attention = "splash"
    config.update_from_flattened_dict(fields)
    make = lambda: plan_step(config, SHAPES[model], Topology.parse(topology))
    return compiled(make, config_name, model, topology, fields), config


def table(rows: list[list[str]]) -> str:
    head, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rest)) + "\n"


def share_overlapped(plan: Plan, kinds: tuple[str, ...]) -> str:
    found = [c for c in plan.collectives if c.kind in kinds and c.bytes > 1e6]
    total = sum(c.bytes for c in found)
    return f"{sum(c.bytes for c in found if c.overlapped) / total:.0%}" if total else "-"


def section(lines: list[Line]) -> str:
    rows = [
        [
            "what",
            "chips",
            "rows a chip",
            "remat",
            "peak GiB",
            "executed / model FLOPs",
            "gathers overlapped",
            "reductions overlapped",
            "step s",
            "MFU",
            "tokens/s/chip",
        ]
    ]
    for what, config_name, model, topology, fields in lines:
        plan, config = step_plan(config_name, model, topology, fields)
        some = f", {config.rows_at_once} at once" if config.rows_at_once else ""
        times = f" x {config.accumulate_steps}" if config.accumulate_steps > 1 else ""
        if not plan.fits:
            rows.append(
                [what, topology, f"{plan.batch_per_device}{times}", config.remat + some, "does not fit"] + ["-"] * 6
            )
            continue
        rows.append(
            [
                what,
                topology,
                f"{plan.batch_per_device}{times}",
                config.remat + some,
                f"{plan.hbm_peak_gib_per_chip:.2f} of {plan.hbm_limit_gib:.0f}",
                f"{plan.executed_over_model_flops:.2f}",
                share_overlapped(plan, ("all-gather",)),
                share_overlapped(plan, ("collective-permute", "reduce-scatter", "all-reduce")),
                f"{plan.predicted_step_s:.2f}",
                f"{plan.predicted_mfu:.1%}",
                f"{plan.predicted_tokens_per_s / plan.chips:,.0f}",
            ]
        )
    return table(rows)


EXTRACTIONS = (  # what, model, topology, chips that the model is spread over, int8
    ("SmolLM2-135M", "smollm2_135m", "v5e:2x2", 1, False),
    ("LLaMA-2-7B", "llama2_7b", "v5e:2x2", 4, False),
    ("LLaMA-2-7B, int8", "llama2_7b", "v5e:2x2", 1, True),
    ("LLaMA-2-7B", "llama2_7b", "v5e:2x4", 8, False),
    ("LLaMA-2-7B, int8", "llama2_7b", "v5e:2x4", 2, True),
    ("LLaMA-2-7B", "llama2_7b", "v6e:2x4", 1, False),
    ("LLaMA-2-7B, int8", "llama2_7b", "v6e:2x4", 1, True),
)


def extraction() -> str:
    rows = [
        [
            "what",
            "chips",
            "tensor",
            "texts a chip",
            "peak GiB",
            "prefill of all texts s",
            "a token of all texts s",
            "sentences/s/chip",
            "bytes over needed, prefill and step",
        ]
    ]
    for what, model, topology, tensor, int8 in EXTRACTIONS:
        workload = Workload(int8=int8)
        config = load_config(str(ROOT / "configs" / "following_llama2_7b.py"), [], complete=False)
        config.mesh.tensor = tensor
        prefill, decode = (
            compiled(
                lambda p=p, m=model, t=topology, c=config, w=workload: plan_extraction(
                    p, c, SHAPES[m], Topology.parse(t), w
                ),
                *(p, model, topology, tensor, dataclasses.astuple(workload)),
            )
            for p in PROGRAMS
        )
        texts = workload.batch_per_device * tensor
        reading = prefill.predicted_step_s * workload.prompt_tokens / workload.packed_tokens * texts
        token = decode.predicted_step_s / COLUMNS
        rows.append(
            [
                what,
                topology,
                str(tensor),
                str(workload.batch_per_device),
                f"{max(prefill.hbm_peak_gib_per_chip, decode.hbm_peak_gib_per_chip):.2f} of {decode.hbm_limit_gib:.0f}",
                f"{reading:.3f}",
                f"{token:.4f}",
                f"{workload.batch_per_device / (reading + workload.new_tokens * token):,.1f}",
                f"{prefill.bytes_over_needed:.2f}, {decode.bytes_over_needed:.2f}",
            ]
        )
    return table(rows)


def checks() -> str:
    found = {check.name: compiled(check.plan, *dataclasses.astuple(check)) for check in CHECKS}
    write_json(PREDICTED, {name: round(plan.predicted_step_s, 3) for name, plan in found.items()})
    rows = [["published", "rows a chip", "step s, published", "step s, predicted of kcjax's step", "error"]]
    for check in CHECKS:
        predicted = found[check.name].predicted_step_s
        rows.append(
            [
                check.name,
                f"{check.batch_per_device} x {check.length}",
                f"{check.seconds:.2f}",
                f"{predicted:.2f}",
                f"{predicted / check.seconds - 1:+.0%}",
            ]
        )
    return table(rows)


def maxtext() -> str:
    if not MAXTEXT.exists():
        return ""
    told = json.loads(MAXTEXT.read_text())
    said = lambda gib: f"{gib:.2f} GiB" if gib else "does not fit"
    rows = [["rows a chip", "MaxText", "kcjax", "kcjax, some rows at once"]]
    for line in told["plans"]:
        (_, whole), (some, parts) = line["kcjax_gib"].items()
        rows.append([str(line["batch_per_device"]), said(line["maxtext_gib"]), said(whole), f"{said(parts)} ({some})"])
    return f"""## Beside MaxText

LLaMA-2-7B on v5e-16, all parameters, AdamW in float32: arguments and temporaries of a step, of MaxText
{told["maxtext"]} (`{told["settings"]}`) and of kcjax
(`remat=full`), both by libtpu {told["libtpu"]} (`python -m benchmarks.maxtext_plans`).

{table(rows)}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "tpu-plans.md")
    args = parser.parse_args()
    parts = [f"## {title}\n\n{section(lines)}" for title, lines in STEPS.items()]
    text = f"""# What the TPU compiler says

Written by `make plan`, with libtpu {importlib.metadata.version("libtpu")}; no TPU was there.
`kcjax plan` says the same of any config and topology:

```sh
kcjax plan --config=configs/understanding_llama2_7b.py --model=llama2_7b --topology=v5e:4x4
```

- *Peak* is the compiler's own figure of HBM, of which it leaves itself a quarter of a GiB.
- *Executed FLOPs* are those of all matrix products in the compiled program, loops counted as often as they run, and
  of attention's kernels in blocks that are not wholly masked. *Model FLOPs* are 6 for every weight and token (4 where
  LoRA keeps it frozen) and attention to half of the positions of a row.
- *Step* is a roofline. Every operation takes what its FLOPs or its bytes of HBM take at {EFFICIENCY:.0%} of the peak,
  attention's kernels at {KERNEL_EFFICIENCY:.0%}; sending that the compiler does not overlap takes the bandwidth of the
  links. The two shares are the round figures that come closest to the step times of the last table; it tells how close.

{chr(10).join(parts)}
## Extraction

32 sentences on a chip at a time, of 96 tokens behind a schema of 1024, and 64 new tokens each, every one of which takes
a step of its own: tokens that the grammar forces, and what the host does between the steps, are not counted. Sentences
are read in packed rows of 1024 tokens. Weights and cache in bfloat16, or the blocks' weights and the cache in int8.
*Needed* are the weights and the keys and values that there are, once for each row that is read, or step.

{extraction()}
{maxtext()}## How good the predictions are

{checks()}"""
    with atomic_write(args.output) as file:
        file.write(text)
    print(json.dumps({"plans": str(args.output)}))


if __name__ == "__main__":
    main()
