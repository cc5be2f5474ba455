"""From schema and annotated documents to a dataset of packed records, for either phase."""

import dataclasses
import logging
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from kcjax.corpus.document import Document, read_documents
from kcjax.corpus.example import Example, objects_of
from kcjax.corpus.following import FollowingOptions, following_examples
from kcjax.corpus.order import example_key
from kcjax.corpus.packing import Record, TokenizedExample, pack, tokenize
from kcjax.corpus.prompt import KINDS, Task
from kcjax.corpus.records import DatasetInfo, write_records
from kcjax.corpus.tokenizer import Tokenizer, load_tokenizer
from kcjax.corpus.understanding import UNDERSTANDING_TASKS, understanding_examples
from kcjax.errors import InputError
from kcjax.files import file_hash
from kcjax.schema.source import read_schema
from kcjax.schema.types import Schema

StrPath = str | Path
log = logging.getLogger(__name__)


def build_corpus(
    phase: str,
    schema: StrPath,
    inputs: Sequence[StrPath],
    model: StrPath,
    output: StrPath,
    *,
    length: int,
    options: FollowingOptions,
    share_prefixes: bool = False,
) -> DatasetInfo:
    """Renders, tokenises and packs the examples of a phase ("understanding" or "following") into `output`.

    Args:
      inputs: files of annotated documents; phase 1 can do without and is then the schema's definitions alone.
      model: the model directory whose tokenizer to use.
      options: for phase 1 only its tasks and seed count.
      share_prefixes: lay the schema prompt that several examples have in common down once in a record.

    Returns:
      what `dataset_info.json` says, with every example left out counted by its reason.
    """
    types = read_schema(schema)
    tokenizer = load_tokenizer(model)
    tasks = options.tasks
    if phase == "understanding":
        tasks = tuple(task for task in UNDERSTANDING_TASKS if task in options.tasks)
        if inputs and not tasks:
            raise InputError(f"phase understanding has the tasks {', '.join(UNDERSTANDING_TASKS)}; give one of them")
    elif not inputs:
        raise InputError("phase following needs annotated documents; give --input=FILE.jsonl")
    tally: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    documents = (d for path in inputs for d in annotated_documents(path, types, tasks, tally))
    if phase == "understanding":
        examples = understanding_examples(documents, types, tasks=tasks, left_out=left_out)
    else:
        examples = following_examples(documents, types, options, left_out=left_out)
    tokenized = list(fitting_examples(examples, tokenizer, length, left_out))
    if inputs:
        check_annotated(tally, inputs[0], tasks)
    records = pack_shuffled(tokenized, length, seed=options.seed, share_prefixes=share_prefixes)
    sources = (schema, *inputs)
    return write_records(output, records, corpus_info(phase, types, tokenizer, length, options.seed, sources, left_out))


def annotated_documents(
    path: StrPath, schema: Schema, tasks: Sequence[Task], tally: Counter[str]
) -> Iterator[Document]:
    """A file's documents; `tally["annotations"]` counts their objects of the schema's types.

    Raises:
      InputError: after the last document, when the file has annotations and not one is of the schema's types.
    """
    known, unknown = 0, Counter[str]()
    for document in read_documents(path):
        for task in tasks:
            for item in objects_of(task, document):
                if isinstance(schema.by_name.get(item.type), KINDS[task]):
                    known += 1
                else:
                    unknown[item.type] += 1
        yield document
    if unknown and not known:
        raise InputError(
            f"{path}: none of its annotations has a type of the schema; most frequent is "
            f"{unknown.most_common(1)[0][0]!r}; give the schema's names with `kcjax corpus select --labels`"
        )
    tally["annotations"] += known


def check_annotated(tally: Mapping[str, int], path: StrPath, tasks: Sequence[Task]) -> None:
    """Raises an `InputError` that names the first file when no file had annotations for any of the tasks."""
    if not tally.get("annotations"):
        raise InputError(f"{path}: no annotations for {', '.join(tasks)}; a corpus needs annotated documents")


def fitting_examples(
    examples: Iterable[Example], tokenizer: Tokenizer, length: int, left_out: Counter[str]
) -> Iterator[TokenizedExample]:
    """The examples tokenised; those longer than a record are named and counted."""
    for example in examples:
        result = tokenize(example, tokenizer)
        if len(result.tokens) > length:
            left_out[f"{example.task}: longer than {length} tokens"] += 1
            log.warning("%s: %d tokens do not fit a record of %d; left out", example.id, len(result.tokens), length)
            continue
        yield result


def pack_shuffled(
    examples: Iterable[TokenizedExample], length: int, *, seed: int, share_prefixes: bool
) -> Iterator[Record]:
    """Packs examples in an order that depends on (seed, ids) alone, so that every record has some of each source."""
    mixed = sorted(examples, key=lambda example: (example_key(seed, example.id), example.id, example.tokens.tobytes()))
    return pack(mixed, length, share_prefixes=share_prefixes)


def corpus_info(
    phase: str,
    schema: Schema,
    tokenizer: Tokenizer,
    length: int,
    seed: int,
    sources: Iterable[StrPath],
    left_out: Mapping[str, int],
) -> DatasetInfo:
    """What is known of a dataset before its records are counted."""
    return DatasetInfo(
        phase=phase,
        tokenizer_hash=tokenizer.hash,
        vocab_size=tokenizer.vocab_size,
        length=length,
        seed=seed,
        sources={str(path): file_hash(path) for path in sources},
        types=len(schema.by_name),
        dropped=dict(left_out),
    )


def rename_labels(documents: Iterable[Document], labels: Mapping[str, str]) -> Iterator[Document]:
    """Documents whose types and roles are class and role names: a dataset's own labels looked up in a table.

    Raises:
      InputError: a label is not in the table.
    """

    def name(label: str, document: Document) -> str:
        if not isinstance(labels.get(label, ""), str):
            raise InputError(f"the table of labels: {label!r} must have a name, found {labels[label]!r}")
        if label not in labels:
            raise InputError(f"document {document.id}: the label {label!r} is not in the table of labels; add it")
        return labels[label]

    for document in documents:
        yield dataclasses.replace(
            document,
            entities=tuple(dataclasses.replace(e, type=name(e.type, document)) for e in document.entities),
            relations=tuple(dataclasses.replace(r, type=name(r.type, document)) for r in document.relations),
            events=tuple(
                dataclasses.replace(
                    e,
                    type=name(e.type, document),
                    arguments=tuple(dataclasses.replace(a, role=name(a.role, document)) for a in e.arguments),
                )
                for e in document.events
            ),
        )


def sample_documents(documents: Iterable[Document], n: int, *, seed: int) -> list[Document]:
    """`n` documents drawn by seed, in the order in which they came.

    Raises:
      InputError: there are fewer than `n`.
    """
    everything = list(documents)
    if n > len(everything):
        raise InputError(f"asked for {n} documents, there are {len(everything)}")
    chosen = sorted(random.Random(seed).sample(range(len(everything)), n))
    return [everything[index] for index in chosen]
