"""A recipe to a corpus of packed records as a Beam pipeline: the stages of `kcjax/corpus/build.py`, on many machines.

The paths must mean the same files to every worker. With one shard the records are those of `kcjax corpus build`, byte
for byte; the number of workers changes nothing.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from kcjax import cli, corpus_commands
from kcjax.corpus import build as stages
from kcjax.corpus.document import Document
from kcjax.corpus.example import Example
from kcjax.corpus.order import example_key
from kcjax.corpus.packing import TokenizedExample
from kcjax.corpus.recipe import Recipe
from kcjax.corpus.records import new_dataset
from kcjax.corpus.records_info import RecordsInfo, read_info, with_counts, write_info
from kcjax.corpus.tokenizer import Tokenizer, load_tokenizer
from kcjax.errors import InputError
from kcjax.problems import Problems
from pipelines.runner import run_pipeline

COUNTS, ANNOTATED, PROBLEMS = "counts", "annotated", "problems"  # side outputs, pairs of a name and a number


class Read(beam.DoFn):
    """A source's number and path to its documents, each with that number."""

    def __init__(self, recipe: Recipe, sources: Sequence[stages.LoadedSource]):
        self.recipe, self.sources = recipe, sources

    def process(self, item: tuple[int, str]) -> Iterator[Any]:
        number, path = item
        annotated, left_out = Counter[tuple[str, str]](), Counter[str]()
        problems = Problems(self.recipe.max_problems)
        source = self.sources[number]
        for document in stages.read(source, path, self.recipe, annotated, left_out, problems):
            yield number, document
        yield from _tagged(ANNOTATED, annotated)
        yield from _tagged(COUNTS, left_out)
        yield from _tagged(PROBLEMS, {"problems": problems.count})


class Fit(beam.DoFn):
    """Whatever gives examples to those examples, tokenised."""

    def __init__(self, recipe: Recipe, sources: Sequence[stages.LoadedSource]):
        self.recipe, self.sources = recipe, sources

    def setup(self) -> None:
        self.tokenizer = load_tokenizer(self.recipe.model)

    def process(self, item: Any) -> Iterator[Any]:
        left_out = Counter[str]()
        yield from stages.fit(self.examples(item, left_out), self.tokenizer, self.recipe, left_out)
        yield from _tagged(COUNTS, left_out)

    def examples(self, item: Any, left_out: Counter[str]) -> Iterable[Example]:
        raise NotImplementedError


class FitDocuments(Fit):
    def examples(self, item: Sequence[tuple[int, Document]], left_out: Counter[str]) -> Iterator[Example]:
        for number, source in enumerate(self.sources):
            documents = [document for of, document in item if of == number]
            yield from stages.render(source, documents, self.recipe, left_out)


class FitDefinitions(Fit):
    def examples(self, item: tuple[int, range], left_out: Counter[str]) -> Iterator[Example]:
        number, part = item
        yield from stages.definitions(self.sources[number], part)


class FitExamples(Fit):
    def process(self, item: str) -> Iterator[Any]:
        self.problems = Problems(self.recipe.max_problems)
        yield from super().process(item)
        yield from _tagged(PROBLEMS, {"problems": self.problems.count})

    def examples(self, item: str, left_out: Counter[str]) -> Iterator[Example]:
        yield from stages.rendered(item, self.recipe, self.problems)


def _tagged(tag: str, counter: Mapping[Any, int]) -> Iterator[beam.pvalue.TaggedOutput]:
    return (beam.pvalue.TaggedOutput(tag, item) for item in counter.items())


class Thin(beam.DoFn):
    """The examples that `rates` keep."""

    def __init__(self, recipe: Recipe):
        self.recipe = recipe

    def process(self, example: TokenizedExample, rates: Mapping[str, float]) -> Iterator[Any]:
        left_out = Counter[str]()
        yield from stages.thin([example], rates, self.recipe, left_out)
        yield from _tagged(COUNTS, left_out)


class WriteShard(beam.DoFn):
    """A shard's examples to its file and the counts of what is in it."""

    def __init__(self, recipe: Recipe, directory: str, shards: int):
        self.recipe, self.directory, self.shards = recipe, directory, shards

    def process(self, shard: tuple[int, Iterable[TokenizedExample]]) -> Iterator[dict[str, Any]]:
        number, examples = shard
        yield stages.write_packed(self.directory, examples, self.recipe, shard=number, shards=self.shards)


def build(
    pipeline: beam.Pipeline,
    recipe: Recipe,
    sources: Sequence[stages.LoadedSource],
    tokenizer: Tokenizer,
    directory: str,
    shards: int,
) -> None:
    """Puts the work on `pipeline`; it writes into `directory`, the information last."""
    seed = recipe.options.seed
    paths = [(number, path) for number, source in enumerate(sources) for path in source.paths]
    # Beam may fuse steps into one worker's; a reshuffle after each that yields many keeps them apart.
    documents = (
        pipeline
        | "paths" >> beam.Create(paths, reshuffle=False)
        | "spread paths" >> beam.Reshuffle()
        | "read" >> beam.ParDo(Read(recipe, sources)).with_outputs(COUNTS, ANNOTATED, PROBLEMS, main="documents")
    )
    texts = (
        pipeline
        | "texts" >> beam.Create(recipe.rendered, reshuffle=False)
        | "spread texts" >> beam.Reshuffle()
        | "read texts" >> beam.ParDo(FitExamples(recipe, sources)).with_outputs(COUNTS, PROBLEMS, main="examples")
    )
    rendered = [
        texts,
        documents.documents
        | "spread documents" >> beam.Reshuffle()
        | "batch" >> beam.BatchElements(min_batch_size=16, max_batch_size=512)
        | "render" >> beam.ParDo(FitDocuments(recipe, sources)).with_outputs(COUNTS, main="examples"),
    ]
    if recipe.phase == "understanding":
        rendered.append(
            pipeline
            | "types" >> beam.Create(list(stages.definition_parts(sources)), reshuffle=False)
            | "spread types" >> beam.Reshuffle()
            | "define" >> beam.ParDo(FitDefinitions(recipe, sources)).with_outputs(COUNTS, main="examples")
        )
    examples = [found.examples for found in rendered] | "all examples" >> beam.Flatten()
    rates = (
        examples
        | "size" >> beam.Map(lambda example: (example.kind, len(example.tokens)))
        | "tokens of a kind" >> beam.CombinePerKey(sum)
        | "tokens of all kinds" >> beam.combiners.ToDict()
        | "rates" >> beam.Map(stages.keep_rates, recipe)
    )
    kept = examples | "thin" >> beam.ParDo(Thin(recipe), beam.pvalue.AsSingleton(rates)).with_outputs(
        COUNTS, main="examples"
    )
    written = (
        kept.examples
        | "to shards" >> beam.Map(lambda example: (example_key(seed, example.id) * shards >> 64, example))
        | "by shard" >> beam.GroupByKey()
        | "write" >> beam.ParDo(WriteShard(recipe, directory, shards))
    )
    counted = {
        COUNTS: [documents[COUNTS], kept[COUNTS], *(found[COUNTS] for found in rendered)],
        ANNOTATED: [documents[ANNOTATED]],
        PROBLEMS: [documents[PROBLEMS], texts[PROBLEMS]],
    }
    totals = {
        tag: counters | f"all {tag}" >> beam.Flatten() | f"sum {tag}" >> beam.CombinePerKey(sum)
        for tag, counters in counted.items()
    }

    def finish(
        _: None, written: list[dict[str, Any]], counts: dict[str, int], annotated: dict[Any, int], bad: dict[str, int]
    ) -> None:
        if bad.get("problems", 0) > recipe.max_problems:
            raise InputError(f"{bad['problems']} bad rows, --max-problems tolerates {recipe.max_problems}")
        stages.check_annotated(sources, recipe, annotated)
        empty = set(range(shards)) - {shard["shard"] for shard in written}
        written += [{"shard": number} for number in empty]
        write_info(directory, with_counts(stages.corpus_info(recipe, sources, tokenizer, counts), written))

    sides = (beam.pvalue.AsDict(totals[tag]) for tag in (COUNTS, ANNOTATED, PROBLEMS))
    _ = pipeline | beam.Create([None]) | "finish" >> beam.Map(finish, beam.pvalue.AsList(written), *sides)


def build_corpus(recipe: Recipe, output: str, *, shards: int = 1, beam_options: Sequence[str] = ()) -> RecordsInfo:
    """What `kcjax.corpus.build.build_corpus` does, by a Beam pipeline that writes `shards` files."""
    with new_dataset(output) as place:
        return write_corpus(recipe, place, shards, beam_options)


def write_corpus(recipe: Recipe, directory: str, shards: int, options: Sequence[str] | PipelineOptions) -> RecordsInfo:
    """Writes a corpus into a directory that is there to be filled."""
    # Here, so that what is wrong with a schema or the tokenizer is said before any work begins.
    sources, tokenizer = stages.load_sources(recipe), load_tokenizer(recipe.model)
    run_pipeline(lambda pipeline: build(pipeline, recipe, sources, tokenizer, directory, shards), options)
    return read_info(directory)


def main(phase: str, description: str, argv: Sequence[str] | None = None) -> int:
    """The command of a phase's pipeline."""
    parser = cli.Parser(prog=f"python -m pipelines.{phase}_corpus", description=description)
    corpus_commands.add_recipe_arguments(parser)
    parser.add_argument("--shards", type=cli.count, default=1, help="files to write (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line of stdout")
    args, beam_options = parser.parse_known_args(argv)
    args.phase = phase

    def run(args: argparse.Namespace) -> cli.Result:
        recipe = corpus_commands.recipe(args)
        info = build_corpus(recipe, args.records, shards=args.shards, beam_options=beam_options)
        return corpus_commands.result(info)

    return cli.run(run, args)
