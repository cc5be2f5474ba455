"""What options of extraction cost in F1: `python -m benchmarks.extraction_f1 --json`.

SmolLM2-135M with the adapter that was trained on WNUT-17 extracts from that set's development sentences, in float32
with the grammar, and then with one thing changed: no grammar, weights or keys and values in 8 bits, bfloat16.
"""

import itertools
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, model_directory, model_parser, report
from kcjax.corpus.dataset import load_dataset
from kcjax.errors import InputError
from kcjax.evaluate.metrics import score
from kcjax.extract.extractor import Extractor

ADAPTER = ROOT / "benchmarks" / "adapters" / "wnut17_smollm2_135m"
DATA = ROOT.parent / "shared" / "data" / "ie" / "wnut17.dev.jsonl.gz"
VARIANTS: dict[str, dict[str, Any]] = {
    "float32": {},
    "without_grammar": {"grammar": False},
    "int8_weights": {"int8": ("weights",)},
    "int8_cache": {"int8": ("cache",)},
    "int8_weights_and_cache": {"int8": ("weights", "cache")},
    "bfloat16": {"dtype": "bfloat16"},
}


def main() -> None:
    arguments = model_parser(__doc__)
    arguments.add_argument("--adapter", type=Path, default=ADAPTER)
    arguments.add_argument("--sentences", type=int, default=500)
    arguments.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    args = arguments.parse_args()
    if not DATA.exists():
        raise InputError(f"{DATA}: no such file; the figures are of this set")
    wnut17 = load_dataset("wnut17")
    schema, gold = wnut17.schema, list(itertools.islice(wnut17.read(DATA, "dev"), args.sentences))
    figures: dict[str, Any] = {"sentences": len(gold)}
    for name in args.variants:
        changes = VARIANTS[name]
        grammar = changes.get("grammar", True)
        loading = {key: value for key, value in changes.items() if key != "grammar"}
        extractor = Extractor.from_pretrained(
            model_directory(args.model), adapter=args.adapter, max_new_tokens=128, batch_size=64, **loading
        )
        found = list(extractor.extract(gold, schema, tasks=["ner"], grammar=grammar))
        micro = score(gold, found).tasks["ner"]["strict"].micro
        figures[f"f1_{name}"] = round(micro.f1, 2)
        figures[f"overruled_{name}"] = sum(f.overruled for f in found)
        figures[f"not_ok_{name}"] = sum(f.status != "ok" for f in found)
        print(name, micro, file=sys.stderr, flush=True)
    report("extraction_f1", args, figures)


if __name__ == "__main__":
    main()
