"""Annotated documents to a phase 2 corpus, on many machines: `kcjax corpus build --phase=following` as a Beam pipeline.

    python -m pipelines.following_corpus --schema=schema.py --input='annotated/*.jsonl.gz' --model=MODEL \\
        --output=following-data --shards=64 [Beam's own options, such as --runner=DataflowRunner]

The paths must mean the same files to every worker. With one shard the records are those of `kcjax corpus build`, byte
for byte; the number of workers changes nothing.
"""

import argparse
import dataclasses
import glob
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam

from kcjax import cli
from kcjax.corpus.build import annotated_documents, check_annotated, corpus_info, fitting_examples, pack_shuffled
from kcjax.corpus.document import Document
from kcjax.corpus.following import FollowingOptions, following_examples
from kcjax.corpus.order import example_key
from kcjax.corpus.packing import TokenizedExample
from kcjax.corpus.prompt import Task
from kcjax.corpus.records import DatasetInfo, Records, write_info, write_shard
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.files import atomic_directory
from kcjax.schema.source import read_schema
from pipelines.runner import run_pipeline

COUNTS = "counts"  # the side output of what is counted: pairs of a name and a number


class Read(beam.DoFn):
    """A path to its documents."""

    def __init__(self, schema: str, tasks: Sequence[Task]):
        self.schema_file, self.tasks = schema, tasks

    def setup(self) -> None:
        self.schema = read_schema(self.schema_file)

    def process(self, path: str) -> Iterator[Any]:
        tally: Counter[str] = Counter()
        yield from annotated_documents(path, self.schema, self.tasks, tally)
        yield from counted(tally)


class Render(beam.DoFn):
    """Documents to pairs of a shard and a tokenised example."""

    def __init__(self, args: argparse.Namespace, options: FollowingOptions):
        self.args, self.options = args, options

    def setup(self) -> None:
        self.schema = read_schema(self.args.schema)
        self.tokenizer = load_tokenizer(self.args.model)

    def process(self, documents: Sequence[Document]) -> Iterator[Any]:
        left_out: Counter[str] = Counter()
        examples = following_examples(documents, self.schema, self.options, left_out=left_out)
        for example in fitting_examples(examples, self.tokenizer, self.args.length, left_out):
            yield example_key(self.options.seed, example.id) * self.args.shards >> 64, example
        yield from counted(left_out)


class WriteShard(beam.DoFn):
    """A shard's examples to its file and the counts of what is in it."""

    def __init__(self, args: argparse.Namespace, directory: Path):
        self.args, self.directory = args, directory

    def process(self, shard: tuple[int, Iterable[TokenizedExample]]) -> Iterator[Counter[str]]:
        number, examples = shard
        args = self.args
        records = pack_shuffled(examples, args.length, seed=args.seed, share_prefixes=args.share_prefixes)
        yield write_shard(self.directory, records, shard=number, shards=args.shards)


def counted(counter: Counter[str]) -> Iterator[beam.pvalue.TaggedOutput]:
    return (beam.pvalue.TaggedOutput(COUNTS, item) for item in counter.items())


def build(
    pipeline: beam.Pipeline, args: argparse.Namespace, paths: Sequence[str], info: DatasetInfo, directory: Path
) -> None:
    """Puts the work on `pipeline`; it writes into `directory`, the information last."""
    options = cli.following_options(args)
    # Beam may fuse steps into one worker's; a reshuffle after each that yields many keeps them apart.
    documents = (
        pipeline
        | "paths" >> beam.Create(paths)
        | "spread paths" >> beam.Reshuffle()
        | "read" >> beam.ParDo(Read(args.schema, args.tasks)).with_outputs(COUNTS, main="documents")
    )
    examples = (
        documents.documents
        | "spread documents" >> beam.Reshuffle()
        | "batch" >> beam.BatchElements(min_batch_size=16, max_batch_size=512)
        | "render" >> beam.ParDo(Render(args, options)).with_outputs(COUNTS, main="examples")
    )
    shards = examples.examples | "by shard" >> beam.GroupByKey() | "write" >> beam.ParDo(WriteShard(args, directory))
    tally = documents[COUNTS] | "sum annotations" >> beam.CombinePerKey(sum)
    left_out = examples[COUNTS] | "sum what is left out" >> beam.CombinePerKey(sum)

    def finish(_: None, shards: list[dict[str, int]], tally: dict[str, int], left_out: dict[str, int]) -> None:
        check_annotated(tally, paths[0], args.tasks)
        write_info(directory, dataclasses.replace(info, dropped=left_out), shards)

    results = beam.pvalue.AsList(shards), beam.pvalue.AsDict(tally), beam.pvalue.AsDict(left_out)
    _ = pipeline | beam.Create([None]) | "finish" >> beam.Map(finish, *results)


def following_corpus(args: argparse.Namespace) -> cli.Result:
    paths = [path for pattern in args.input for path in sorted(glob.glob(pattern)) or [pattern]]
    # Here, so that what is wrong with the schema or the tokenizer is said before any work begins.
    schema, tokenizer = read_schema(args.schema), load_tokenizer(args.model)
    info = corpus_info("following", schema, tokenizer, args.length, args.seed, (args.schema, *paths), left_out={})
    with atomic_directory(args.output) as partial:
        run_pipeline(lambda pipeline: build(pipeline, args, paths, info, partial), args.beam_options)
    return cli.corpus_result(Records(args.output).info)


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m pipelines.following_corpus", description=(__doc__ or "").splitlines()[0])
    cli.add_corpus_arguments(parser)
    parser.add_argument("--shards", type=cli.count, default=1, help="files to write (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line of stdout")
    args, overrides = parser.parse_known_args(argv)
    args.beam_options = overrides
    if not args.input:
        parser.error("give --input=FILE.jsonl")
    return cli.run(following_corpus, args)


if __name__ == "__main__":
    sys.exit(main())
