"""Articles with cybersecurity events, one JSON object a file: CASIE.

Offsets count characters of `content`, end exclusive:

    {"content": "Crooks stole data.", "cyberevent": {"hopper": [{"events": [{"type": "Attack", "subtype": "Databreach",
     "nugget": {"startOffset": 7, "endOffset": 12, "text": "stole"}, "argument": [{"startOffset": 13, "endOffset": 17,
     "text": "data", "role": {"type": "Compromised-Data"}}]}]}]}}
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.corpus.release.reading import reading, stretch
from kcjax.corpus.release.sentences import cut, report, sentence_bounds
from kcjax.files import read_json
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences of the articles, with ids `PREFIX.FILE.NUMBER`, numbered from 0.

    Raises:
      InputError: a file is not as above, or another text stands at an offset.
    """
    left_out = Counter[str]()
    for path in paths:
        document = None
        with reading(path, problems):
            row = read_json(path)
            text = row["content"]
            hoppers = (row.get("cyberevent") or {}).get("hopper") or []
            events = tuple(_event(event, text, path) for hopper in hoppers for event in hopper["events"])
            document = Document(f"{prefix}.{path.stem}", text, events=events)
        if document:
            bounds = sentence_bounds(document.text, ((m.start, m.end) for m in document.mentions()))
            yield from cut(document, bounds, left_out)
    report(left_out, prefix)


def _event(event: Mapping[str, Any], text: str, path: Path) -> Event:
    return Event(
        event["subtype"],
        Mention(*_place(event["nugget"], text, path)),
        tuple(
            Argument(*_place(argument, text, path), argument["role"]["type"])
            for argument in event.get("argument") or ()
        ),
    )


def _place(item: Mapping[str, Any], text: str, path: Path) -> tuple[int, int, str]:
    return stretch(text, item["startOffset"], item["endOffset"], path, item["text"])
