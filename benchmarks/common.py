"""What all benchmarks share: the model to measure, and the JSON line they end with."""

import argparse
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from kcjax.files import cache_dir

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"


def parser(description: str) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--json", action="store_true", help="print the figures as one JSON line (last); else indented")
    return found


def model_parser(description: str) -> argparse.ArgumentParser:
    found = parser(description)
    found.add_argument("--model", type=Path, help="model directory (default: SmolLM2-135M, fetched and imported once)")
    cores = len(os.sched_getaffinity(0))  # what XLA takes as well; for fewer, run under `taskset`
    found.add_argument("--threads", type=int, default=cores, help=f"CPU threads PyTorch may use (default {cores})")
    return found


def model_directory(given: Path | None) -> Path:
    if given:
        return given
    from kcjax.model.importing import import_model
    from kcjax.model.smollm2 import fetch_smollm2

    directory = cache_dir() / "models" / "benchmark-smollm2-135m"
    if not directory.exists():
        import_model(fetch_smollm2(), directory)
    return directory


def report(benchmark: str, args: argparse.Namespace, figures: dict[str, Any]) -> None:
    config = {key: value for key, value in vars(args).items() if key != "json"}
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    line = figures | {
        "benchmark": benchmark,
        "commit": git.stdout.strip() or None,
        "machine": f"{_processor()}, {platform.system()}",
        "config": config,
    }
    print(json.dumps(line, indent=None if args.json else 2, default=str))  # str: paths


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
