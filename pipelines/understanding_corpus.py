"""Phase 1 corpus: a schema or library as definition code, and documents as instance code (paper section 3.2).

    python -m pipelines.understanding_corpus --schema=library.kcjax --input='aligned/*.jsonl.gz' --model=MODEL \\
        --output=understanding-data --shards=64 [Beam's own options, such as --runner=DataflowRunner]
"""

import sys
from collections.abc import Sequence

from pipelines import corpus
from pipelines.tfds_builder import CorpusBuilder


class KcjaxUnderstanding(CorpusBuilder):
    """The same for `tfds build`; see `pipelines/tfds_builder.py`."""

    PHASE = "understanding"


def main(argv: Sequence[str] | None = None) -> int:
    return corpus.main(KcjaxUnderstanding.PHASE, (__doc__ or "").splitlines()[0], argv)


if __name__ == "__main__":
    sys.exit(main())
