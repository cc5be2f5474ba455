"""From sources of annotated documents to a dataset of packed records, for either phase.

The stages below are those of `pipelines/corpus.py` too, which runs them on many machines.
"""

import dataclasses
import heapq
import itertools
import logging
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.dataset import Dataset, load_dataset, with_examples
from kcjax.corpus.document import Document, mention_keys, read_documents
from kcjax.corpus.example import SYNTHETIC, Example, objects_of, read_examples
from kcjax.corpus.following import AMBIGUOUS, following_examples
from kcjax.corpus.order import example_key
from kcjax.corpus.packing import Record, TokenizedExample, pack, tokenize, windows
from kcjax.corpus.prompt import KINDS, Task
from kcjax.corpus.recipe import PHASES, Recipe, Source
from kcjax.corpus.records import check_new_dataset, new_dataset, shard_path, write_shard
from kcjax.corpus.records_info import RecordsInfo, with_counts, write_info
from kcjax.corpus.tokenizer import Tokenizer, load_tokenizer
from kcjax.corpus.understanding import definition_examples, instance_examples
from kcjax.errors import InputError
from kcjax.files import distinct_names, file_hash
from kcjax.problems import Problems
from kcjax.progress import shown
from kcjax.schema.library import open_types
from kcjax.schema.types import BASE_CLASSES, Schema

StrPath = str | Path
SPLIT = "split: "  # begins what is counted with the things left out, but is not left out
_TYPES = 500
log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class LoadedSource:
    """A source that is ready to be read.

    Attributes:
      name: that of its data set, with which the ids of its examples begin; "" for the user's own.
      last_key: documents whose `example_key` is larger are over the source's cap.
    """

    name: str
    paths: tuple[str, ...]
    schema: Schema
    schema_file: str
    dataset: Dataset | None
    split: str
    weight: float
    last_key: int = 2**64

    def tasks_of(self, recipe: Recipe) -> tuple[Task, ...]:
        return tuple(task for task in recipe.tasks if self.dataset is None or task in self.dataset.tasks)


def build_corpus(recipe: Recipe, output: StrPath) -> RecordsInfo:
    """Renders, tokenises and packs the examples of a phase into a dataset of one shard.

    Returns:
      what `metadata.json` says, with every example left out counted by its reason.
    """
    check_new_dataset(output)
    sources, tokenizer = load_sources(recipe), load_tokenizer(recipe.model)
    left_out: Counter[str] = Counter()
    annotated: Counter[tuple[str, str]] = Counter()
    problems = Problems(recipe.max_problems)

    def examples() -> Iterator[Example]:
        for path in recipe.rendered:
            yield from rendered(path, recipe, problems)
        if recipe.phase == "understanding":
            for number, part in definition_parts(sources):
                yield from definitions(sources[number], part)
        for source in sources:
            for path in source.paths:
                documents = read(source, path, recipe, annotated, left_out, problems)
                yield from render(source, documents, recipe, left_out)

    tokenized = list(fit(shown(examples(), "examples"), tokenizer, recipe, left_out))
    check_annotated(sources, recipe, annotated)
    kept = thin(tokenized, keep_rates(tokens_by_kind(tokenized), recipe), recipe, left_out)
    with new_dataset(output) as place:
        counts = write_packed(place, kept, recipe)
        info = with_counts(corpus_info(recipe, sources, tokenizer, left_out), [counts])
        write_info(place, info)
    return info


def rendered(path: str, recipe: Recipe, problems: Problems) -> Iterator[Example]:
    """The texts of a file that are rendered already.

    Raises:
      InputError: too many problems, of which one is a text that is not of the phase or of its tasks.
    """
    kinds = {"definition", *recipe.tasks} if recipe.phase == "understanding" else {*recipe.tasks}
    for example in read_examples(path, problems=problems):
        with problems.skipping():
            if example.task not in kinds:
                wanted = ", ".join(sorted(kinds))
                raise InputError(f"{path}: {example.id}: its task is {example.task!r}; asked are {wanted}")
            if all(learnt for _, learnt in example.parts) != (recipe.phase == "understanding"):
                raise InputError(f"{path}: {example.id}: not a text of phase {recipe.phase}, by what of it is learnt")
            yield example


def load_sources(recipe: Recipe) -> list[LoadedSource]:
    """The sources with their types and files. A cap, or examples to give to types, take a first reading of them.

    Raises:
      InputError: a schema or data set is not to be had, or a row is bad.
    """
    avoid = mention_keys(recipe.avoid)
    return [_load(source, recipe, avoid) for source in recipe.sources]


def _load(source: Source, recipe: Recipe, avoid: frozenset[str]) -> LoadedSource:
    dataset = load_dataset(source.dataset) if source.dataset else None
    if dataset:
        paths: tuple[str, ...] = (str(dataset.file(source.split, recipe.data_dir)),)
        schema, schema_file = dataset.schema, str(dataset.schema_file)
    else:
        paths, schema, schema_file = source.paths, open_types(source.schema), source.schema
    loaded = LoadedSource(source.dataset, paths, schema, schema_file, dataset, source.split, source.weight)
    if source.cap:
        ids = (d.id for d in _documents(loaded, recipe) if _of_phase(d, recipe))
        keys = heapq.nsmallest(source.cap, (example_key(recipe.options.seed, id) for id in ids))
        loaded = dataclasses.replace(loaded, last_key=keys[-1] if len(keys) == source.cap else 2**64)
    if recipe.examples_per_type:
        documents = (d for d in _documents(loaded, recipe) if _of_phase(d, recipe) and _taken(d, loaded, recipe))
        schema = with_examples(schema, documents, n=recipe.examples_per_type, avoid=avoid)
        loaded = dataclasses.replace(loaded, schema=schema)
    return loaded


def _documents(source: LoadedSource, recipe: Recipe) -> Iterator[Document]:
    """All documents, for a first reading: what is wrong with them is said by the second."""
    for path in source.paths:
        yield from _read_file(source, path, Problems(sys.maxsize, quiet=True), Counter())


def _read_file(source: LoadedSource, path: str, problems: Problems, left_out: Counter[str]) -> Iterator[Document]:
    if source.dataset:
        yield from source.dataset.read(path, source.split, problems=problems, left_out=left_out)
    else:
        names = distinct_names(source.paths)
        prefix = f"{names[source.paths.index(path)]}:" if len(names) > 1 else ""
        yield from read_documents(path, prefix=prefix, problems=problems)


def _taken(document: Document, source: LoadedSource, recipe: Recipe) -> bool:
    return example_key(recipe.options.seed, document.id) <= source.last_key


def _of_phase(document: Document, recipe: Recipe) -> bool:
    """Whether it is not kept for the other phase, as sentences made of facts are for one."""
    phase = document.extra.get("phase")
    return phase == recipe.phase or phase not in PHASES


def read(
    source: LoadedSource,
    path: str,
    recipe: Recipe,
    annotated: Counter[tuple[str, str]],
    left_out: Counter[str],
    problems: Problems,
) -> Iterator[Document]:
    """A file's documents, as often as the source's weight says.

    `annotated` counts their objects for `check_annotated`: (the source's first file, a type the schema has not or "").

    Raises:
      InputError: too many problems.
    """
    for document in _read_file(source, path, problems, left_out):
        for task in source.tasks_of(recipe):
            for item in objects_of(task, document):
                if isinstance(source.schema.by_name.get(item.type), KINDS[task]):
                    annotated[source.paths[0], ""] += 1
                elif item.type not in BASE_CLASSES:
                    annotated[source.paths[0], item.type] += 1
        if not _of_phase(document, recipe):
            left_out["document kept for the other phase"] += 1
        elif not _taken(document, source, recipe):
            left_out["document over the cap of its source"] += 1
        else:
            yield from _copies(document, source, recipe, left_out)


def _copies(document: Document, source: LoadedSource, recipe: Recipe, left_out: Counter[str]) -> Iterator[Document]:
    id = f"{source.name}/{document.id}" if source.name else document.id
    whole, rest = divmod(source.weight, 1)
    count = int(whole) + (example_key(recipe.options.seed, f"{id}/weight") < rest * 2**64)
    if not count:
        left_out["document not taken, for the weight of its source"] += 1
    for copy in range(count):
        yield dataclasses.replace(document, id=f"{id}@{copy}" if copy else id)


def check_annotated(sources: Sequence[LoadedSource], recipe: Recipe, annotated: Mapping[tuple[str, str], int]) -> None:
    """Raises an `InputError` that names the first file when the documents of a source have annotations and not one of
    them is of the schema's types, or when no documents have annotations for any of the tasks."""
    paths = [path for source in sources for path in source.paths]
    known = {path for path, type in annotated if not type}
    unknown = {(count, type): path for (path, type), count in annotated.items() if path not in known}
    if unknown:
        most = max(unknown)
        raise InputError(
            f"{unknown[most]}: none of its annotations has a type of the schema; most frequent is "
            f"{most[1]!r}; give the schema's names with `kcjax corpus select --labels`"
        )
    if paths and not known:
        raise InputError(
            f"{paths[0]}: no annotations for {', '.join(recipe.tasks)}; a corpus needs annotated documents"
        )


def definition_parts(sources: Sequence[LoadedSource]) -> Iterator[tuple[int, range]]:
    """All types of all sources, in parts: a source's number and which of its types. Of sources with one schema, such as
    two splits of a data set, the first stands for all."""
    files = [source.schema_file for source in sources]
    for number, source in enumerate(sources):
        count = len(source.schema.by_name) if files.index(files[number]) == number else 0
        yield from ((number, range(start, min(start + _TYPES, count))) for start in range(0, count, _TYPES))


def definitions(source: LoadedSource, part: range) -> Iterator[Example]:
    """The definition examples of phase 1 for a part of a source's types."""
    for example in definition_examples(source.schema, part):
        yield dataclasses.replace(example, id=f"{source.name}/{example.id}") if source.name else example


def render(
    source: LoadedSource, documents: Iterable[Document], recipe: Recipe, left_out: Counter[str]
) -> Iterator[Example]:
    """The examples of documents, of the tasks that the source has gold objects for."""
    tasks = source.tasks_of(recipe)
    if recipe.phase == "understanding":
        return instance_examples(documents, source.schema, tasks=tasks, left_out=left_out)
    options = dataclasses.replace(recipe.options, tasks=tasks)
    return following_examples(documents, source.schema, options, left_out=left_out)


def fit(
    examples: Iterable[Example], tokenizer: Tokenizer, recipe: Recipe, left_out: Counter[str]
) -> Iterator[TokenizedExample]:
    """The examples tokenised, none longer than a record.

    A prompt that is too long is split into several that ask for a part of its types each; a text of phase 1 is cut into
    windows. What cannot be split is named and counted.
    """
    for example in examples:
        parts = list(_split(example, tokenizer, recipe.length))
        fitting = [part for part in parts if len(part.tokens) <= recipe.length]
        if len(parts) > 1 and fitting:
            left_out[f"{SPLIT}{example.kind}: a prompt made two"] += len(parts) - 1
        for part in fitting:
            yield part
        # A sentence that fits with none of its types is one thing that is left out, however many they are.
        for part in [part for part in parts if len(part.tokens) > recipe.length][: None if fitting else 1]:
            if part.loss_weights[1:].all():
                left_out[f"{SPLIT}{example.kind}: a text cut into windows"] += 1
                yield from windows(part, recipe.length)
            else:
                left_out[f"{example.kind}: longer than {recipe.length} tokens"] += 1
                log.warning(
                    "%s: %d tokens do not fit a record of %d; left out", part.id, len(part.tokens), recipe.length
                )


def _split(example: Example, tokenizer: Tokenizer, length: int) -> Iterator[TokenizedExample]:
    """The example tokenised, its types parted as long as it is too long."""
    result = tokenize(example, tokenizer)
    if len(result.tokens) <= length or not example.halves:
        yield result
    else:
        for half in example.halves():
            yield from _split(half, tokenizer, length)


def tokens_by_kind(examples: Iterable[TokenizedExample]) -> Counter[str]:
    tokens: Counter[str] = Counter()
    for example in examples:
        tokens[example.kind] += len(example.tokens)
    return tokens


def keep_rates(tokens: Mapping[str, int], recipe: Recipe) -> dict[str, float]:
    """The share of each kind's examples to keep so that the recipe's `synthetic` and `balance` hold and as much is kept
    as can be. With a balance, synthetic examples only fill up what a kind lacks.

    Raises:
      InputError: the balance says nothing of a kind that there is, gives a share to one that there is not, or leaves
        nothing.
    """
    made = {kind.removesuffix(SYNTHETIC): count for kind, count in tokens.items() if kind.endswith(SYNTHETIC)}
    real = {kind: count for kind, count in tokens.items() if not kind.endswith(SYNTHETIC)}
    if not recipe.balance:
        allowed = recipe.synthetic * sum(real.values()) / (1 - recipe.synthetic) if recipe.synthetic < 1 else math.inf
        rate = min(1.0, allowed / max(1, sum(made.values())))
        return {kind: rate if kind.endswith(SYNTHETIC) else 1.0 for kind in tokens}
    if unsaid := {**real, **made}.keys() - recipe.balance.keys():
        raise InputError(f"the balance says nothing of {', '.join(sorted(unsaid))}; give it a share, which may be 0")
    shares = {kind: share / sum(recipe.balance.values()) for kind, share in recipe.balance.items() if share}
    if absent := [kind for kind in shares if not real.get(kind, 0) + made.get(kind, 0)]:
        raise InputError(f"the balance gives {absent[0]} a share, but there are no such examples")

    def lacking(kind: str, total: float) -> float:
        return max(0.0, shares.get(kind, 0) * total - real.get(kind, 0))

    # The largest total that every kind has its share of; the synthetic part of it grows faster than it does.
    least, total = 0.0, min(((real.get(k, 0) + made.get(k, 0)) / share for k, share in shares.items()), default=0.0)
    most = total
    for _ in range(100):
        if sum(lacking(kind, total) for kind in made) <= recipe.synthetic * total:
            least = total
        else:
            most = total
        total = (least + most) / 2
    if least < 1:
        raise InputError("balance and synthetic together leave nothing; allow more that is synthetic, or other shares")
    return {
        **{kind: min(1.0, shares.get(kind, 0) * least / count) for kind, count in real.items()},
        **{kind + SYNTHETIC: min(1.0, lacking(kind, least) / count) for kind, count in made.items()},
    }


def thin(
    examples: Iterable[TokenizedExample], rates: Mapping[str, float], recipe: Recipe, left_out: Counter[str]
) -> Iterator[TokenizedExample]:
    """The examples that `rates` keep, chosen by seed and id."""
    for example in examples:
        if example_key(recipe.options.seed, f"{example.id}/keep") < rates[example.kind] * 2**64:
            yield example
        else:
            left_out[f"{example.kind}: not taken, for the balance of kinds"] += 1


def write_packed(
    directory: str, examples: Iterable[TokenizedExample], recipe: Recipe, *, shard: int = 0, shards: int = 1
) -> dict[str, Any]:
    """Packs examples into one file of a dataset; returns its part of the counts in `RecordsInfo`."""
    kinds: dict[str, Counter[str]] = {}
    types: set[str] = set()

    def counted() -> Iterator[TokenizedExample]:
        for example in examples:
            kinds.setdefault(example.kind, Counter()).update(examples=1, tokens=len(example.tokens))
            types.update(example.types)
            yield example

    seed, share = recipe.options.seed, recipe.share_prefixes
    records = pack_shuffled(counted(), recipe.length, seed=seed, share_prefixes=share)
    counts = write_shard(shard_path(directory, f"kcjax_{recipe.phase}", shard, shards), records, shard=shard)
    return {**counts, "kinds": {kind: dict(found) for kind, found in kinds.items()}, "types": sorted(types)}


def pack_shuffled(
    examples: Iterable[TokenizedExample], length: int, *, seed: int, share_prefixes: bool
) -> Iterator[Record]:
    """Packs examples in an order that depends on (seed, ids) alone, so that every record has some of each source.

    Raises:
      InputError: two have one id, as documents of two files may.
    """
    mixed = sorted(examples, key=lambda example: (example_key(seed, example.id), example.id))
    for one, other in itertools.pairwise(mixed):
        if one.id == other.id:
            raise InputError(f"two examples have the id {one.id!r}; make ids unique across files")
    return pack(mixed, length, share_prefixes=share_prefixes)


def corpus_info(
    recipe: Recipe, sources: Sequence[LoadedSource], tokenizer: Tokenizer, left_out: Mapping[str, int]
) -> RecordsInfo:
    """What is known of a dataset before its records are counted."""
    labels = (source.dataset.labels_file for source in sources if source.dataset and source.dataset.labels_file)
    read = ((source.schema_file, *source.paths) for source in sources)
    files = itertools.chain(recipe.rendered, recipe.avoid, *read, map(str, labels))
    return RecordsInfo(
        phase=recipe.phase,
        tokenizer_hash=tokenizer.hash,
        vocab_size=tokenizer.vocab_size,
        length=recipe.length,
        seed=recipe.options.seed,
        recipe=recipe.to_json(),
        sources={path: file_hash(path) for path in files},
        split={what.removeprefix(SPLIT): n for what, n in sorted(left_out.items()) if what.startswith(SPLIT)},
        ambiguous={
            task.removeprefix(AMBIGUOUS): n for task, n in sorted(left_out.items()) if task.startswith(AMBIGUOUS)
        },
        dropped={why: n for why, n in sorted(left_out.items()) if not why.startswith((SPLIT, AMBIGUOUS))},
    )
