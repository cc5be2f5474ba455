"""TekGen, sentences of Wikipedia aligned with facts of Wikidata, and KELM, sentences written from facts by a model.

github.com/google-research-datasets/KELM-corpus (arXiv 2010.12688), `updated-2021/quadruples-*.tsv`, which is JSONL:
`{"triples": [[subject, relation, object]], "serialized_triples", "sentence"}`, and `kelm_generated_corpus.jsonl` with
`gen_sentence`; the README still tells of the tab-separated form before that. The form was seen in programs that read
these files, not in the files.
"""

from kcjax.corpus.convert.facts import Job, add_fact, count_untyped
from kcjax.corpus.convert.mentions import Annotation
from kcjax.corpus.convert.rows import Row, field
from kcjax.corpus.document import Document
from kcjax.errors import InputError

_DAMAGE = "\u2047"  # what SentencePiece writes for what it has no piece of


def tekgen(row: Row, job: Job) -> Document | None:
    """The document of a row of TekGen; a fact whose ends are not in the sentence is counted in the job.

    Raises:
      InputError: a field is missing or wrong.
    """
    return _document(row, job, "sentence")


def kelm(row: Row, job: Job) -> Document | None:
    """The same of KELM. `extra` tells that the sentence was made from facts."""
    return _document(row, job, "gen_sentence")


def _document(row: Row, job: Job, key: str) -> Document | None:
    note = Annotation(field(row.value, key, str, row.where))
    if _DAMAGE in note.text:
        job.lose("sentence with a character that the model that wrote it did not know")
        return None
    for number, fact in enumerate(field(row.value, "triples", list, row.where)):
        if not isinstance(fact, list) or not all(isinstance(part, str) for part in fact):
            raise InputError(f"{row.where}: triples[{number}] must be a list of strings, found {fact!r:.60}")
        if len(fact) == 3:
            add_fact(note, job, *fact)
        else:
            job.lose("relation with a qualifier, or without a part")  # a fourth part tells more of the fact
    count_untyped(note, job)
    return note.document(row.id, {"synthetic": True} if key == "gen_sentence" else {})
