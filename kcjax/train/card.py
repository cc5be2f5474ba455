"""The model card of an export: where the model comes from, what it was trained on, how it did, how to ask it."""

import json
import os
from pathlib import Path
from typing import Any

import kcjax
from kcjax.corpus.prompt import STYLES, following_prompt
from kcjax.files import atomic_write
from kcjax.model.hub import is_hub_id
from kcjax.model.info import ModelInfo
from kcjax.model.lora import LoraConfig
from kcjax.schema.source import parse_schema
from kcjax.train.metrics import read_metrics
from kcjax.train.run import is_run, run_config

_SCHEMA = 'class Ship(Entity):\n\t"""\n\tDescription: a vessel with a name\n\t"""\n\tpass\n'
_SENTENCE = "The ferry Orion left at dawn."
_PHASES = {
    "understanding": "schema understanding (code pretraining on class definitions and their instances)",
    "following": "schema following (instruction tuning: schema and sentence to objects)",
    "refinement": "refinement (instruction tuning on the data sets asked for)",
}
_CARD = """---
{front}
---

# An information extraction model{kind}

Reads a schema written as Python classes and a sentence, and writes the entities, relations and events in it as Python
objects. Trained with kcjax {version}, which reimplements KnowCoder (arXiv 2403.07969) on JAX.

- Base model: {base_model}
- Phases: {phases}
{adapter}
## Training

| phase | data | steps | tokens | trained | learning rate | loss on the first batch |
|---|---|---|---|---|---|---|
{training}

{scores}## How to ask

`kcjax extract` does all of this, and gives character offsets. Elsewhere (transformers, vLLM, llama.cpp) the prompt must
be this text to the letter, tabs included; `kcjax prompt` writes it, and `kcjax parse` reads the answer:

```
{prompt}
```

Tokens: `<bos>` (id {bos_id}) once, in front; then what all sentences of a schema share, which ends before `sentence =`,
and the rest, tokenised apart and joined; the answer ends with `<eos>` (id {eos_id}). Decode greedily.

## Limits

It finds what its schema asks for alone, makes mistakes, and is at its best on texts like those it was trained on. Check
what it finds before anything depends on it. The licence of the base model applies, and those of the data.
"""


def write_card(
    directory: Path,
    run: str | os.PathLike,
    info: ModelInfo,
    *,
    step: int,
    base_model: str | None,
    adapter: LoraConfig | None = None,
) -> None:
    """Writes `README.md`. `adapter` is given where the directory holds that alone."""
    front: dict[str, Any] = {"library_name": "peft" if adapter else "transformers", "tags": ["kcjax", "KnowCoder"]}
    front["pipeline_tag"] = "text-generation"
    if base_model and is_hub_id(base_model):
        front["base_model"] = base_model
    prompt = following_prompt(
        "ner", parse_schema(_SCHEMA, filename="schema.py"), _SENTENCE, style=STYLES[info.prompt_style]
    )
    rows: list[str] = []
    place = run
    while is_run(place):
        config = run_config(place)
        rows.insert(0, _row(place, config, step if place is run else None))
        place = config["init_from"]
    card = _CARD.format(
        front="\n".join(f"{key}: {json.dumps(value)}" for key, value in front.items()),
        kind=" (LoRA adapter)" if adapter else "",
        version=kcjax.__version__,
        base_model=base_model or "none, random weights",
        phases=", ".join(_PHASES.get(phase, phase) for phase in info.phases) or "none",
        adapter=f"- Adapter: rank {adapter.rank}, alpha {adapter.alpha:g}, on {', '.join(adapter.targets)}\n"
        if adapter
        else "",
        training="\n".join(rows),
        scores=_scores(run, step),
        prompt=prompt.schema + prompt.sentence,
        bos_id=info.bos_id,
        eos_id=info.eos_id,
    )
    with atomic_write(directory / "README.md") as file:
        file.write(card)


def _row(place: str | os.PathLike, config: dict[str, Any], step: int | None) -> str:
    rows = [row for row in read_metrics(place) if step is None or row["step"] <= step]
    trained = [row for row in rows if "loss" in row]
    probes = [row["probe_loss"] for row in rows if "probe_loss" in row]
    losses = f"{probes[0]:.3f} before, {probes[-1]:.3f} after" if len(probes) > 1 else "not measured at the end"
    lora = config["lora"]
    data = ", ".join(Path(part.partition("=")[0]).name for part in config["data"].split(","))
    cells = (
        config["phase"],
        data,
        step or len(trained),
        f"{sum(row['tokens'] for row in trained):,.0f}",
        f"LoRA, rank {lora['rank']}" if lora["rank"] else "all parameters",
        f"{config['optimizer']['learning_rate']:g}",
        losses,
    )
    return f"| {' | '.join(map(str, cells))} |"


def _scores(run: str | os.PathLike, step: int) -> str:
    """What was extracted from held-out documents, last before this step."""
    kind = "evaluate/"
    rows = [row for row in read_metrics(run) if row["step"] <= step and any(name.startswith(kind) for name in row)]
    if not rows:
        return ""
    found = (f"| {name.removeprefix(kind)} | {value:.2f} |" for name, value in rows[-1].items() if kind in name)
    table = "\n".join(found)
    return f"On held-out documents, at step {rows[-1]['step']}:\n\n| measure | value |\n|---|---|\n{table}\n\n"
