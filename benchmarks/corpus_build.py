"""How fast a phase 2 corpus is rendered, tokenised and packed on one core, how full its records are, and what sharing
prompts saves.

    python -m benchmarks.corpus_build --data-dir=FOLDER --datasets=wnut17,genia_event:dev --json

Without --data-dir: the sample. Rates are by processor time, so that other work on the machine does not count. Beside
ours the same tokens by the tokenizer alone: what no renderer or packer can be faster than.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import model_directory, model_parser, report
from kcjax.corpus.build import build_corpus
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.inspect import segments
from kcjax.corpus.recipe import Recipe, Source
from kcjax.corpus.records import Records
from kcjax.corpus.records_info import RecordsInfo
from kcjax.corpus.tokenizer import load_tokenizer


def built(recipe: Recipe, directory: Path) -> tuple[RecordsInfo, float]:
    """The corpus, and the processor seconds it took."""
    start = time.process_time()
    return build_corpus(recipe, directory), time.process_time() - start


def tokenizing_alone(directory: Path, model: Path) -> float:
    """The processor seconds of tokenising all texts of a corpus."""
    tokenizer, records = load_tokenizer(model), Records(directory)
    read = (segment for n in range(len(records)) for segment in segments(records[n], tokenizer))
    texts = [text for segment in read for text, _ in segment.parts]
    start = time.process_time()
    for text in texts:
        tokenizer.encode(text)
    return time.process_time() - start


def main() -> None:
    p = model_parser((__doc__ or "").splitlines()[0])
    p.add_argument("--data-dir", default="", help="the folder with the files of data sets")
    p.add_argument("--datasets", default="harbour", help="comma-separated, NAME or NAME:SPLIT (default harbour)")
    p.add_argument("--length", type=int, default=2048)
    args = p.parse_args()
    model = model_directory(args.model)
    named = [item.partition(":") for item in args.datasets.split(",")]
    recipe = Recipe(
        "following",
        str(model),
        tuple(Source(name, split or "train") for name, _, split in named),
        length=args.length,
        options=FollowingOptions(hard_negatives=0.5, masked_names=0.1, description_dropout=0.1, example_dropout=0.2),
        examples_per_type=10,
        data_dir=args.data_dir,
    )
    every = FollowingOptions(tasks=("ner",), every_class=True, empty_share=1.0)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        info, seconds = built(recipe, place / "plain")
        alone = tokenizing_alone(place / "plain", model)
        figures: dict[str, Any] = {
            "examples_per_minute_per_core": round(60 * info.examples / seconds),
            "tokenizer_alone_examples_per_minute": round(60 * info.examples / alone),
            "examples": info.examples,
            "fill": info.fill,
            "ambiguous": sum(info.ambiguous.values()),
        }
        for name, share in (("separate", False), ("shared", True)):
            fields = {"options": every, "share_prefixes": share, "examples_per_type": 0}
            figures[f"{name}_tokens"] = built(Recipe(**vars(recipe) | fields), place / name)[0].tokens
    figures["shared_prefix_saving"] = round(figures["separate_tokens"] / figures["shared_tokens"], 2)
    report("corpus_build", args, figures)


if __name__ == "__main__":
    main()
