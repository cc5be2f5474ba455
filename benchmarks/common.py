"""What all benchmarks share: how they start, the model to measure, taking turns, and the JSON line they end with."""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kcjax.files import cache_dir
from kcjax.model.huggingface import import_model
from kcjax.model.smollm2 import fetch_smollm2

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # as the Makefile has it


def parser(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    found = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--json", action="store_true", help="print the figures as one JSON line (last); else indented")
    found.add_argument("--model", type=Path, help="model directory (default: SmolLM2-135M, fetched and imported once)")
    found.add_argument("--threads", type=int, default=os.cpu_count(), help="CPU cores for either side (default: all)")
    return found


def start(arguments: argparse.ArgumentParser) -> argparse.Namespace:
    """Parses the command line and gives this process, hence both sides, the same memory pages and the same cores.

    Call it before anything computes: glibc reads its settings when a process begins, and XLA counts the cores that
    it may use when it is first asked to compute.
    """
    args = arguments.parse_args()
    if platform.system() == "Linux":
        if "GLIBC_TUNABLES" not in os.environ:
            os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | HUGE_PAGES)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])
    return args


def model_directory(given: Path | None) -> Path:
    """The model directory to measure; without one it is SmolLM2-135M, from the cache or imported into it."""
    if given:
        return given
    directory = cache_dir() / "models" / "benchmark-smollm2-135m"
    if not directory.exists():
        import_model(fetch_smollm2(), directory)
    return directory


def median_seconds(rounds: int, *sides: Callable[[], Any]) -> list[float]:
    """Median time of each side. They take turns (A B A B ...), so that a slow minute of the machine slows all."""
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, measured in zip(sides, times, strict=True):
            begin = time.perf_counter()
            side()
            measured.append(time.perf_counter() - begin)
    return [statistics.median(measured) for measured in times]


def report(
    benchmark: str, args: argparse.Namespace, figures: dict[str, Any], *, packages: Sequence[str], peer: str
) -> None:
    """Prints the figures with what is needed to repeat them; `peer` says what the other side was given."""
    config = {key: str(value) if isinstance(value, Path) else value for key, value in vars(args).items()}
    del config["json"]
    config |= {"peer": peer, "glibc_tunables": os.environ.get("GLIBC_TUNABLES")}
    config |= {"versions": {name: importlib.metadata.version(name) for name in packages}}
    git = subprocess.run(["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=ROOT, capture_output=True)
    line = figures | {
        "benchmark": benchmark,
        "commit": git.stdout.decode().strip() or None,
        "machine": f"{_processor()}, {platform.system()}",
        "config": config,
    }
    print(json.dumps(line, indent=None if args.json else 2))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
