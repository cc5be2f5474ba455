"""A file of documents in, a file of extractions out: one row for every row, in the same order."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from kcjax.corpus.document import read_documents
from kcjax.corpus.prompt import Task
from kcjax.extract.extractor import Extraction, Extractor
from kcjax.files import check_new_file, write_jsonl
from kcjax.progress import shown
from kcjax.schema.library import open_schema

COUNTS = ("hallucinated", "off_schema", "repeated", "cleaned", "overruled")  # of every extraction, summed over the file


def extract_file(
    source: str | Path,
    output: str | Path,
    *,
    model: str | Path,
    adapter: str | Path | None = None,
    schema: str | Path,
    tasks: Sequence[Task] | None = None,
    triggers: Literal["predicted", "gold"] = "predicted",
    comments: bool = True,
    types_per_text: int = 20,
    max_new_tokens: int = 640,
    batch_size: int = 32,
    dtype: str = "float32",
    grammar: bool = True,
    stop_bias: float = 0.0,
) -> dict[str, Any]:
    """Extracts from every document of a JSONL file; `output` appears once it is whole.

    Returns:
      documents, how many have each status, how many parts of responses became no object, how many objects the
      schema's clean-ups dropped, and documents per second.
    """
    check_new_file(output)
    types = open_schema(schema)
    documents = list(read_documents(source))
    extractor = Extractor.from_pretrained(
        model, adapter=adapter, dtype=dtype, max_new_tokens=max_new_tokens, batch_size=batch_size
    )
    statuses: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    start = time.perf_counter()

    def rows() -> Iterator[dict[str, Any]]:
        found: Iterator[Extraction] = extractor.extract(
            documents,
            types,
            tasks=tasks,
            triggers=triggers,
            comments=comments,
            types_per_text=types_per_text,
            grammar=grammar,
            stop_bias=stop_bias,
        )
        for extraction in shown(found, "documents extracted", len(documents)):
            statuses[extraction.status] += 1
            lost.update({kind: getattr(extraction, kind) for kind in COUNTS})
            yield extraction.to_json()

    count = write_jsonl(output, rows())
    seconds = time.perf_counter() - start
    return {
        "documents": count,
        "status": dict(statuses),
        **lost,
        "documents_per_s": round(count / seconds, 3),
        "output": str(output),
    }
