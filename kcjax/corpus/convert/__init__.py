"""Other people's corpora read into kcjax's documents, examples and schemas; `FORMS` tells which forms are known.

classes = Classes(SchemaLibrary("wikidata.kcjax"))          # or Classes(), for classes named after the labels met
write_documents("out.jsonl", convert("tekgen", ["quadruples-train.tsv"], classes))
write_schema("out.schema.json", classes.schema())
"""

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from kcjax.corpus.convert import aligned, instructie, knowcoder, knowcoder_schema, lsee, pile_ner, tekgen
from kcjax.corpus.convert.classes import Classes
from kcjax.corpus.convert.facts import Job
from kcjax.corpus.convert.rows import Row, RowReader, json_rows, text_rows
from kcjax.corpus.document import Document
from kcjax.corpus.example import Example
from kcjax.errors import InputError
from kcjax.files import distinct_names
from kcjax.problems import Problems
from kcjax.schema.types import Schema

__all__ = ["FORMS", "Classes", "Form", "convert", "examples", "schema_of"]


@dataclasses.dataclass(frozen=True)
class Form:
    """How a public corpus is written. It gives documents, examples or, with neither, a schema.

    `needs_library`: its classes are known by Wikidata ids alone.
    """

    title: str
    document: Callable[[Row, Job], Document | None] | None = None
    example: Callable[[Row], Example] | None = None
    rows: RowReader = json_rows
    needs_library: bool = False


FORMS: dict[str, Form] = {
    "aligned": Form("text aligned with Wikidata facts, with offsets and ids", aligned.document, needs_library=True),
    "tekgen": Form("TekGen: sentences of Wikipedia aligned with facts", tekgen.tekgen),
    "kelm": Form("KELM: sentences written from facts", tekgen.kelm),
    "pile-ner": Form("Pile-NER (UniversalNER): conversations about the entities of a passage", pile_ner.document),
    "instructie": Form("InstructIE, or RE and NER rows of IEPile", instructie.document),
    "lsee": Form("LSEE: sentences with events of Freebase", lsee.document, rows=text_rows),
    "knowcoder-phase1": Form("KnowCoder's schema understanding data", example=knowcoder.understanding_example),
    "knowcoder-phase2": Form("KnowCoder's schema following data", example=knowcoder.following_example),
    "knowcoder-schema": Form("KnowCoder's schema library, Python classes"),
}


def convert(
    form: str,
    paths: Sequence[str | os.PathLike],
    classes: Classes | None = None,
    *,
    types: Mapping[str, Sequence[str]] | None = None,
    problems: Problems | None = None,
    left_out: Counter[str] | None = None,
) -> Iterator[Document]:
    """Yields the documents of files of a form that gives documents, in their order.

    Args:
      classes: what labels and ids stand for; `classes.schema()` afterwards has the types met. By default new classes.
      types: label of a thing -> ids of the Wikidata classes it is an instance of, for forms that have labels alone.
      problems: takes the rows that cannot be read; by default the first one raises.
      left_out: counts what the rows have and the documents have not, by reason.

    Raises:
      InputError: the form is unknown or gives no documents, it needs a library, a file is missing, or `problems`
        tolerates no more.
    """
    found, problems = _form(form), problems or Problems()
    if found.document is None:
        raise InputError(f"the form {form} gives no documents; it is for {_purpose(found)}")
    if found.needs_library and (classes is None or classes.library is None):
        raise InputError(f"the form {form} needs a library; name one, made with `kcjax library build`")
    job = Job(classes or Classes(), Counter() if left_out is None else left_out, types or {})
    return _documents(found.document, _rows(found, paths, problems), job, problems, several=len(paths) > 1)


def examples(form: str, paths: Sequence[str | os.PathLike], *, problems: Problems | None = None) -> Iterator[Example]:
    """Yields the examples of files of a form that gives examples; arguments and errors as of `convert`."""
    found, problems = _form(form), problems or Problems()
    if found.example is None:
        raise InputError(f"the form {form} gives no examples; it is for {_purpose(found)}")
    return _examples(found.example, _rows(found, paths, problems), problems)


def schema_of(
    form: str,
    paths: Sequence[str | os.PathLike],
    *,
    problems: Problems | None = None,
    left_out: Counter[str] | None = None,
) -> Schema:
    """The types of files of a form that gives a schema; arguments and errors as of `convert`."""
    found = _form(form)
    if found.document or found.example:
        raise InputError(f"the form {form} gives no schema of its own; it is for {_purpose(found)}")
    return knowcoder_schema.read_types(paths, problems, left_out)


def _documents(
    document: Callable[[Row, Job], Document | None],
    rows: Iterator[Row],
    job: Job,
    problems: Problems,
    *,
    several: bool,
) -> Iterator[Document]:
    for row in rows:
        made = None
        with problems.skipping():
            made = document(row, job)
        if made:
            # An id of the row's own is unique in its file alone.
            own = several and not made.id.startswith(row.id)
            yield dataclasses.replace(made, id=f"{row.id.rpartition('.')[0]}:{made.id}") if own else made


def _examples(example: Callable[[Row], Example], rows: Iterator[Row], problems: Problems) -> Iterator[Example]:
    for row in rows:
        made = None
        with problems.skipping():
            made = example(row)
        if made:
            yield made


def _form(name: str) -> Form:
    if name not in FORMS:
        raise InputError(f"there is no form {name!r}; known: {', '.join(FORMS)}")
    return FORMS[name]


def _purpose(form: Form) -> str:
    return "documents" if form.document else "examples" if form.example else "a schema"


def _rows(form: Form, paths: Sequence[str | os.PathLike], problems: Problems) -> Iterator[Row]:
    return (
        row for path, name in zip(paths, distinct_names(paths), strict=True) for row in form.rows(path, name, problems)
    )
