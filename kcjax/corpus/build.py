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
from kcjax.corpus.packing import TokenizedExample, pack, tokenize
from kcjax.corpus.prompt import KINDS, Task
from kcjax.corpus.records import DatasetInfo, write_records
from kcjax.corpus.tokenizer import load_tokenizer
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
    documents = _all_documents(inputs, types, tasks)
    left_out: Counter[str] = Counter()
    if phase == "understanding":
        examples = understanding_examples(documents, types, tasks=tasks, left_out=left_out)
    else:
        examples = following_examples(documents, types, options, left_out=left_out)

    def tokenized() -> Iterator[TokenizedExample]:
        for example in _shuffled(examples, options.seed):
            result = tokenize(example, tokenizer)
            if len(result.tokens) > length:
                left_out[f"{example.task}: longer than {length} tokens"] += 1
                log.warning("%s: %d tokens do not fit a record of %d; left out", example.id, len(result.tokens), length)
                continue
            yield result

    info = DatasetInfo(
        phase=phase,
        tokenizer_hash=tokenizer.hash,
        vocab_size=tokenizer.vocab_size,
        length=length,
        seed=options.seed,
        sources={str(path): file_hash(path) for path in (schema, *inputs)},
        types=len(types.by_name),
        dropped=left_out,
    )
    return write_records(output, pack(tokenized(), length, share_prefixes=share_prefixes), info)


def _all_documents(paths: Sequence[StrPath], schema: Schema, tasks: Sequence[Task]) -> Iterator[Document]:
    """All documents; raises an `InputError` after a file of whose annotations not one has a type of the schema."""
    found = 0
    for path in paths:
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
        found += known
    if paths and not found:
        raise InputError(f"{paths[0]}: no annotations for {', '.join(tasks)}; a corpus needs annotated documents")


def _shuffled(examples: Iterable[Example], seed: int) -> list[Example]:
    """Tasks and sources mixed, so that every record has some of each."""
    mixed = list(examples)
    random.Random(seed).shuffle(mixed)
    return mixed


def rename_labels(documents: Iterable[Document], labels: Mapping[str, str]) -> Iterator[Document]:
    """Documents whose types and roles are class and role names: a dataset's own labels looked up in a table.

    Raises:
      InputError: a label is not in the table.
    """

    def name(label: str, document: Document) -> str:
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
