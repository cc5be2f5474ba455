"""GENIA, abstracts whose terms are marked and nest: GENIAcorpus3.02.xml.

<set><article><articleinfo><bibliomisc>MEDLINE:7</bibliomisc></articleinfo><title><sentence>The
<cons lex="Aro_gene" sem="G#DNA_domain_or_region"><cons lex="Aro" sem="G#protein_molecule">Aro</cons> gene</cons>
sleeps.</sentence></title><abstract>...</abstract></article></set>
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from kcjax.corpus.document import Document, Entity
from kcjax.corpus.release.lines import numbered_lines
from kcjax.corpus.release.markup import parsed, text_and_marks
from kcjax.corpus.release.sentences import cut, report
from kcjax.errors import InputError
from kcjax.problems import Problems

_CLASS = re.compile(r"G#(protein|DNA|RNA|cell_line|cell_type)(?:_.*)?")


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences of the articles of a list, in its order, with ids `PREFIX.MEDLINE.NUMBER`.

    As the field does since Finkel and Manning (2009), the subclasses of protein, DNA and RNA are merged, and cell lines
    and cell types are kept. Terms of other classes, and those of several words that share one ("alpha and beta chains",
    whose parts have no class of their own), are counted and left out.

    Args:
      paths: the corpus, and a file with the numbers of the articles to read, such as `MEDLINE:7`, one a line.

    Raises:
      InputError: the corpus is no XML or has no articles, or one of the list is not among them.
    """
    corpus, listing = paths
    left_out = Counter[str]()
    articles = {_number(article.findtext(".//bibliomisc") or ""): article for article in parsed(corpus).iter("article")}
    if not articles:
        raise InputError(f"{corpus}: no <article> in the file; take GENIAcorpus3.02.xml")
    for where, line in numbered_lines(listing):
        if not line.strip():
            continue
        with problems.skipping():
            number = _number(line)
            if number not in articles:
                raise InputError(f"{where}: {corpus} has no article {line.strip()!r:.40}; remove it from the list")
            for count, sentence in enumerate(articles[number].iter("sentence")):
                yield from _sentence(sentence, f"{prefix}.{number}.{count}", left_out)
    report(left_out, prefix)


def _number(text: str) -> str:
    return text.rpartition(":")[2].strip()


def _sentence(sentence: Element, id: str, left_out: Counter[str]) -> Iterator[Document]:
    text, marks = text_and_marks(sentence)
    entities = []
    for start, end, mark in marks:
        meaning = mark.get("sem", "")
        found = _CLASS.fullmatch(meaning)
        if found and text[start:end].strip():
            start += len(text[start:end]) - len(text[start:end].lstrip())
            end = start + len(text[start:end].rstrip())
            entities.append(Entity(start, end, text[start:end], found[1]))
        elif mark.tag == "cons" and meaning:
            left_out["term whose words are shared" if meaning.startswith("(") else "term of another class"] += 1
    entities.sort(key=lambda entity: (entity.start, -entity.end))
    begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
    for document in cut(Document(id, text, tuple(dict.fromkeys(entities))), [(begin, end)], left_out):
        yield Document(id, document.text, document.entities)
