"""A library from a Wikidata dump: raw megabytes a second and peak memory, for the dump and one ten times as long.

    python -m benchmarks.library_build --dump=DUMP.json.gz [--lines=GENUINE.json.gz] --json

The longer dump is the given one, written ten times with other ids. `--lines` are genuine lines of Wikidata, on which
reading and filtering alone are held against `gzip -dc FILE | wc -c`: they are far longer than those of a small dump.
"""

import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import parser, report

_ITEM = re.compile(rb'"Q(\d+)"')
_NUMBER = re.compile(rb'"entity-type":"item","numeric-id":(\d+)')
_SHIFT = 1_000_000_000


def repeated(source: Path, target: Path, times: int, *, shift: bool) -> Path:
    """Writes the entities of a dump several times, the copies with ids of their own."""
    with gzip.open(source) as file:
        rows = [line for line in (line.strip(b" ,\r\n") for line in file) if line.startswith(b"{")]
    with gzip.open(target, "wb", compresslevel=6) as file:
        file.write(b"[\n")
        for copy in range(times):
            for number, row in enumerate(rows):
                if shift and copy:
                    add = copy * _SHIFT
                    row = _ITEM.sub(lambda m: b'"Q%d"' % (int(m[1]) + add), row)  # noqa: B023
                    row = _NUMBER.sub(lambda m: b'"entity-type":"item","numeric-id":%d' % (int(m[1]) + add), row)  # noqa: B023
                file.write((b",\n" if copy or number else b"") + row)
        file.write(b"\n]\n")
    return target


def raw_size(path: Path) -> int:
    with gzip.open(path) as file:
        return sum(map(len, iter(lambda: file.read(1 << 22), b"")))


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds and peak GiB of a command in a process of its own."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss / 2**20


def read_and_filter(path: Path) -> None:
    from kcjax.schema.wikidata import has_statements, parse_entity, strip_frame
    from pipelines.dump import Part, read_part

    for _, line in read_part(Part(str(path))):
        if (row := strip_frame(line)) and has_statements(row):
            parse_entity(row)


def ratio_to_gzip(path: Path, rounds: int) -> float:
    """Reading and filtering against gzip, alternating; the median of the rounds' ratios."""
    ratios = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(f"gzip -dc '{path}' | wc -c", shell=True, check=True, stdout=subprocess.DEVNULL)
        between = time.perf_counter()
        read_and_filter(path)
        ratios.append((time.perf_counter() - between) / (between - start))
    return statistics.median(ratios)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--dump", type=Path, required=True)
    arguments.add_argument("--lines", type=Path, help="genuine lines (default: the dump's)")
    arguments.add_argument("--merge", action="append", default=[], help="tables, as of kcjax library build")
    arguments.add_argument("--times", type=int, default=10)
    arguments.add_argument("--rounds", type=int, default=5)
    args = arguments.parse_args()
    figures: dict[str, float | int] = {}
    with tempfile.TemporaryDirectory() as folder:
        lines = repeated(args.lines or args.dump, Path(folder, "lines.json.gz"), 30 if args.lines else 1, shift=False)
        figures["ratio_to_gzip"] = round(ratio_to_gzip(lines, args.rounds), 2)
        figures["lines_mb"] = round(raw_size(lines) / 1e6, 1)
        for times in (1, args.times):
            dump = args.dump
            if times > 1:
                dump = repeated(args.dump, Path(folder, f"{times}x.json.gz"), times, shift=True)
            command = [sys.executable, "-m", "kcjax.cli", "library", "build", f"--dump={dump}", "--max-problems=0"]
            command += [f"--merge={table}" for table in args.merge]
            runs = [
                measured([*command, f"--output={folder}/{times}x-{n}.kcjax"]) for n in range(3 if times == 1 else 1)
            ]
            seconds, memory = statistics.median(s for s, _ in runs), max(m for _, m in runs)
            megabytes = raw_size(dump) / 1e6
            figures[f"raw_mb_{times}x"] = round(megabytes, 1)
            figures[f"seconds_{times}x"] = round(seconds, 2)
            figures[f"mb_per_s_{times}x"] = round(megabytes / seconds, 1)
            figures[f"peak_rss_gib_{times}x"] = round(memory, 3)
    figures["mb_per_s"] = figures["mb_per_s_1x"]
    report("library_build", args, figures)


if __name__ == "__main__":
    main()
