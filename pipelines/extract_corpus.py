"""A corpus in, its extractions out, on many machines: the job of `kcjax extract`, in the same folder of parts.

    python -m pipelines.extract_corpus --model=gs://BUCKET/model --schema=schema.py \\
        --input='gs://BUCKET/texts/*.jsonl.gz' --output=gs://BUCKET/extractions \\
        [Beam's own options, such as --runner=DataflowRunner]

The paths must mean the same files to every worker. A job that was stopped goes on with the parts that are missing, and
`kcjax extract --retry` does the failed rows of one that is done.
"""

import copy
import functools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.ml.inference.base import KeyedModelHandler, ModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions

from kcjax import cli, extract_commands
from kcjax.errors import InputError
from kcjax.extract.extractor import Extractor
from kcjax.extract.job import Job, Parts, extract_rows
from kcjax.extract.parquet import is_parquet
from kcjax.extract.rows import Row, read_rows
from kcjax.files import local_directory, parse_object
from kcjax.schema.library import SchemaLibrary, open_schema
from kcjax.schema.types import Schema
from pipelines.runner import run_pipeline


class Element(NamedTuple):
    """A row on its way: `content` is its line, or what Parquet has of it."""

    where: str
    name: str
    content: bytes | Mapping[str, Any]

    @property
    def row(self) -> Row:
        return Row(self.where, self.name, self.read)

    def read(self) -> dict[str, Any]:
        return parse_object(self.content, self.where) if isinstance(self.content, bytes) else dict(self.content)


class ExtractionHandler(ModelHandler[Element, dict[str, Any], Extractor]):
    """Rows to rows with extractions, in batches; a bad row costs itself alone, for it gets a status."""

    def __init__(self, job: Job, schema: Schema | None):
        """`schema`: None for a library, which each worker opens."""
        super().__init__()
        self.job, self.schema = job, schema

    @functools.cached_property
    def types(self) -> Schema | SchemaLibrary:
        return self.schema or open_schema(self.job.schema)

    def load_model(self) -> Extractor:
        return Extractor.from_pretrained(local_directory(self.job.model), **self.job.loading)

    def run_inference(
        self, batch: Sequence[Element], model: Extractor, inference_args: dict[str, Any] | None = None
    ) -> Iterable[dict[str, Any]]:
        found = dict(extract_rows(model, self.types, self.job, [element.row for element in batch]))
        return [found[index] for index in range(len(batch))]

    def batch_elements_kwargs(self) -> Mapping[str, Any]:
        size = 8 * self.job.batch_size  # enough for the slots to be filled again and again
        return {"min_batch_size": size, "max_batch_size": size}

    def get_metrics_namespace(self) -> str:
        return "kcjax"


class Read(beam.DoFn):
    """A file and the number of its first row, to its rows: ((part, place in it), row), but for parts that are done."""

    def __init__(self, paths: Sequence[str], part_rows: int, missing: set[int]):
        self.paths, self.part_rows, self.missing = paths, part_rows, missing

    def process(self, item: tuple[str, int]) -> Iterator[tuple[tuple[int, int], Element]]:
        path, first = item
        for number, row in enumerate(read_rows(self.paths, only=path), start=first):
            part, place = divmod(number, self.part_rows)
            if part in self.missing:
                content = row.read() if is_parquet(path) else row.line
                yield (part, place), Element(row.where, row.name, content)


class Write(beam.DoFn):
    """The rows of a part to its file."""

    def __init__(self, parts: Parts):
        self.parts = copy.copy(parts)
        self.parts.types = Schema()  # a library does not travel, and is not needed to write

    def process(self, part: tuple[int, Iterable[tuple[int, dict[str, Any]]]]) -> None:
        number, rows = part
        self.parts.write(number, [row for _, row in sorted(rows, key=lambda pair: pair[0])])


def build(pipeline: beam.Pipeline, job: Job, parts: Parts, missing: set[int]) -> None:
    firsts, first = [], 0
    for each in parts.manifest["inputs"]:
        firsts.append((each["path"], first))
        first += each["rows"]
    schema = parts.types if isinstance(parts.types, Schema) else None
    (
        pipeline
        | "Files" >> beam.Create(firsts)
        | "Spread" >> beam.Reshuffle()
        | "Read" >> beam.ParDo(Read(parts.paths, job.part_rows, missing))
        | "Spread rows" >> beam.Reshuffle()
        | "Extract" >> RunInference(KeyedModelHandler(ExtractionHandler(job, schema)))
        | "By part" >> beam.MapTuple(lambda key, row: (key[0], (key[1], row)))
        | "Group" >> beam.GroupByKey()
        | "Write" >> beam.ParDo(Write(parts))
    )


def extract_corpus(job: Job, beam_options: Sequence[str] | PipelineOptions = ()) -> dict[str, Any]:
    """Does a job, or what is left of it; returns what `kcjax extract` returns.

    Raises:
      InputError: as of `kcjax extract`, or the output is not a folder.
    """
    if job.is_one_file:
        raise InputError(f"{job.output}: a pipeline writes a folder of parts; leave out the suffix")
    parts = Parts(job)
    if missing := parts.missing():
        run_pipeline(lambda pipeline: build(pipeline, job, parts, missing), beam_options)
    return parts.finish()


def main(argv: Sequence[str] | None = None) -> int:
    parser = cli.Parser(prog="python -m pipelines.extract_corpus", description=(__doc__ or "").splitlines()[0])
    extract_commands.add_job_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line of stdout")
    args, beam_options = parser.parse_known_args(argv)
    return cli.run(lambda args: extract_corpus(extract_commands.job_of(args), beam_options), args)


if __name__ == "__main__":
    sys.exit(main())
