"""The whole job at small scale: import a model, train both phases, extract, score, export, check the export.

Every step is a `kcjax` command, printed before it runs, so that any of them can be repeated by hand. A step whose
command has not changed since it was last done is not done again.
"""

import argparse
import io
import json
import shutil
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from kcjax import cli
from kcjax.files import atomic_write

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"
PHASE1_STEPS = 5
TASKS = "ner"  # entities; relations, events and arguments take longer to learn


class Steps:
    """Runs commands, remembers which are done, and their results, in `WORKDIR/steps.json`."""

    def __init__(self, workdir: Path, total: int):
        self.workdir, self.total, self.number = workdir, total, 0
        workdir.mkdir(parents=True, exist_ok=True)
        self.file = workdir / "steps.json"
        self.done: dict[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}

    def run(self, what: str, *argv: str, makes: str = "") -> dict[str, Any]:
        """One step. `makes` is what it leaves under the workdir; a step that leaves nothing is always done again."""
        self.number += 1
        command, output = " ".join(argv), self.workdir / makes
        say(f"\n[{self.number}/{self.total}] {what}\n    kcjax {command}")
        before = self.done.get(makes)
        if makes and not (before and before["command"] == command):
            self.forget_from(self.number)
        elif before and makes and before["result"] and output.exists():
            say(f"    done before: {output}")
            return before["result"]
        elif makes and not (output / "checkpoints").is_dir():  # a step cut off; training resumes, others begin again
            self.forget_from(self.number)
        self.done[makes] = {"number": self.number, "command": command, "result": None}
        self.save()
        start, printed = time.perf_counter(), io.StringIO()
        with redirect_stdout(printed):
            code = cli.main([*argv, "--json"])
        if code:
            raise SystemExit(code)
        result = json.loads(printed.getvalue().splitlines()[-1])
        self.done[makes]["result"] = result
        self.save()
        say(f"    {time.perf_counter() - start:.0f} s" + (f"; result: {output}" if makes else ""))
        return result

    def forget_from(self, number: int) -> None:
        """Takes away what this step and all after it have made: it is out of date."""
        for makes, step in list(self.done.items()):
            if step["number"] >= number:
                del self.done[makes]
                if makes and (output := self.workdir / makes).is_dir():
                    shutil.rmtree(output)
                elif makes:
                    output.unlink(missing_ok=True)

    def save(self) -> None:
        with atomic_write(self.file) as file:
            json.dump(self.done, file, indent=2)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m kcjax.quickstart", description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, default=Path("runs/quickstart"))
    workdir = parser.parse_args().workdir
    start = time.perf_counter()
    schema, train, heldout = SAMPLE / "schema.py", SAMPLE / "train.jsonl", SAMPLE / "heldout.jsonl"
    at = lambda name: str(workdir / name)
    steps = Steps(workdir, 12)

    steps.run(
        "Get SmolLM2-135M-Instruct, a LLaMA, and import it", "import", "smollm2-135m-instruct", at("base"), makes="base"
    )
    corpus = ("corpus", "build", f"--schema={schema}", f"--input={train}", f"--model={at('base')}")
    steps.run(
        "Render phase 1 (schema understanding): classes, and sentences with their objects, as code",
        *corpus,
        "--phase=understanding",
        f"--tasks={TASKS}",
        "--length=512",
        f"--output={at('understanding-data')}",
        makes="understanding-data",
    )
    steps.run(
        "Render phase 2 (schema following): instructions with the classes, a sentence and the response",
        *corpus,
        "--phase=following",
        f"--tasks={TASKS}",
        "--length=768",
        "--share-prefixes",
        "--empty-share=1",
        f"--output={at('following-data')}",
        makes="following-data",
    )

    def extract_and_score(model: str, name: str, when: str) -> tuple[dict[str, Any], dict[str, Any]]:
        extracted = steps.run(
            f"Extract from the held-out documents {when}",
            "extract",
            f"--model={model}",
            f"--schema={schema}",
            f"--input={heldout}",
            f"--output={at(name)}",
            f"--tasks={TASKS}",
            "--max-new-tokens=96",
            "--batch-size=20",
            makes=name,
        )
        scores = steps.run(
            f"Score the extractions {when}",
            "evaluate",
            f"--gold={heldout}",
            f"--predictions={at(name)}",
            f"--tasks={TASKS}",
        )
        return extracted, scores

    _, before = extract_and_score(at("base"), "before.jsonl", "before training")
    phase1 = steps.run(
        "Train phase 1, all parameters",
        "train",
        "--config=" + str(ROOT / "configs" / "understanding_smollm2_135m.py"),
        f"--workdir={at('understanding')}",
        f"--config.init_from={at('base')}",
        f"--config.data={at('understanding-data')}",
        f"--config.steps={PHASE1_STEPS}",
        "--config.sequence_length=512",
        "--config.batch_per_device=2",
        makes="understanding",
    )
    phase2 = steps.run(
        "Train phase 2, LoRA on top of phase 1",
        "train",
        "--config=" + str(ROOT / "configs" / "following_smollm2_135m.py"),
        f"--workdir={at('following')}",
        f"--config.init_from={at('understanding')}",
        f"--config.data={at('following-data')}",
        "--config.sequence_length=768",
        "--config.batch_per_device=1",
        "--config.epochs=2",
        makes="following",
    )
    steps.run("Export to Hugging Face format, adapters merged", "export", at("following"), at("model"), makes="model")
    same = steps.run(
        "Import the export again and compare its logits with the run's",
        "verify",
        at("model"),
        f"--against={at('following')}",
    )
    extracted, after = extract_and_score(at("model"), "after.jsonl", "after training")

    say(f"\nRead the extractions in {at('after.jsonl')}; the model is in {at('model')}. Try it on your own text:")
    say(f"    kcjax extract --model={at('model')} --schema={schema} --input=YOUR.jsonl --output=OUT.jsonl\n")
    figures = {
        "loss_phase1_first": phase1["probe_loss_first"],
        "loss_phase1_last": phase1["probe_loss_last"],
        "loss_phase2_first": phase2["probe_loss_first"],
        "loss_phase2_last": phase2["probe_loss_last"],
        "f1_before": before["ner"]["strict"]["f1"],
        "f1_after": after["ner"]["strict"]["f1"],
        "parse_failure_rate_after": after["parse_failure_rate"],
        "hf_max_abs_logit_diff": same["max_abs_logit_diff"],
        "extracted_documents": extracted["documents"],
        "training_tokens": phase1["tokens"] + phase2["tokens"],
        "tokens_per_s": phase2["tokens_per_s"],
        "wall_s": round(time.perf_counter() - start, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
