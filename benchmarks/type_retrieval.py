"""Which types of a whole library are in a sentence: recall@10/50/200, `python -m benchmarks.type_retrieval --json`.

    --library=FILE            a library built from Wikidata (default: that of the cache)
    --aligned=FILE.jsonl.gz   sentences with triples: `text`, and per triple `pid`, the `types` (Wikidata ids) of its
                              `subject` and `object`, and its `domain` and `range`; repeatable
    --documents=FILE.jsonl    annotated sentences in the form of kcjax, whose labels are relation labels; repeatable

Recall is over pairs of a sentence and a type that it has by the annotation. Beside it that of each half alone: how
common types are, whatever the sentence says (`prior`), and the words (`words`).
"""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.common import parser, report
from kcjax.corpus.document import read_documents
from kcjax.files import read_jsonl
from kcjax.library_commands import default_library
from kcjax.schema.library import SchemaLibrary

KS = (10, 50, 200)
Sample = tuple[str, set[str]]


def aligned(path: Path, library: SchemaLibrary) -> Iterator[tuple[str, Sample]]:
    """(what is asked for, (sentence, names of its types))."""
    for _, row in read_jsonl(path):
        typed: set[str] = set()
        ends: set[str] = set()
        relations: set[str] = set()
        for triple in row["triples"]:
            for end in ("subject", "object"):
                if triple[end]["start"] is not None:
                    typed.update(triple[end]["types"])
                    if concept := triple["domain" if end == "subject" else "range"]:
                        ends.add(concept)
            if triple["pid"]:
                relations.add(triple["pid"])
        for asked, ids in (("entity types", typed), ("domains and ranges", ends), ("relations", relations)):
            kind = "relation" if asked == "relations" else "entity"
            names = {name for id in ids for name in library.by_identifier(id) if library.kind(name) == kind}
            if names:
                yield asked, (row["text"], names)


def documents(path: Path, library: SchemaLibrary) -> Iterator[tuple[str, Sample]]:
    for document in read_documents(path):
        labels = {relation.type for relation in document.relations}
        names = {name for label in labels for name in library.by_label(label)[:] if library.kind(name) == "relation"}
        if names:
            yield "relations", (document.text, names)


def recall(samples: list[Sample], ask: Callable[[str], list[str]]) -> dict[str, float]:
    found = dict.fromkeys(KS, 0)
    for text, names in samples:
        answer = ask(text)
        for k in KS:
            found[k] += len(names.intersection(answer[:k]))
    total = sum(len(names) for _, names in samples)
    return {f"recall@{k}": round(100 * found[k] / total, 1) for k in KS}


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--library", type=Path, default=Path(default_library()))
    arguments.add_argument("--aligned", type=Path, action="append", default=[])
    arguments.add_argument("--documents", type=Path, action="append", default=[])
    args = arguments.parse_args()
    library = SchemaLibrary(args.library)
    figures: dict[str, object] = {"types": len(library)}
    seconds = []
    for path, read in [*((p, aligned) for p in args.aligned), *((p, documents) for p in args.documents)]:
        samples: dict[str, list[Sample]] = {}
        for asked, sample in read(path, library):
            samples.setdefault(asked, []).append(sample)
        for asked, own in samples.items():
            kind = "relation" if asked == "relations" else "entity"
            common = [name for name, _ in library._best(library._counts, max(KS), kind)]

            def timed(text: str, kind=kind) -> list[str]:
                start = time.perf_counter()
                names = [name for name, _ in library.retrieve(text, k=max(KS), kind=kind)]
                seconds.append(time.perf_counter() - start)
                return names

            figures[f"{path.name}: {asked}"] = {
                "sentences": len(own),
                "types": len(set().union(*(names for _, names in own))),
                **recall(own, timed),
                "prior": recall(own, lambda text, common=common: common),
                "words": recall(
                    own, lambda text, kind=kind: [n for n, _ in library.search(text, k=max(KS), kind=kind)]
                ),
            }
    figures["ms_per_sentence"] = round(1e3 * statistics.median(seconds), 2)
    report("type_retrieval", args, figures)


if __name__ == "__main__":
    main()
