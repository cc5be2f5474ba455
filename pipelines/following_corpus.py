"""Phase 2 corpus: annotated documents as instructions and responses (paper section 3.3).

    python -m pipelines.following_corpus --schema=schema.py --input='annotated/*.jsonl.gz' --model=MODEL \\
        --output=following-data --shards=64 [Beam's own options, such as --runner=DataflowRunner]
"""

import sys
from collections.abc import Sequence

from pipelines import corpus
from pipelines.tfds_builder import CorpusBuilder


class KcjaxFollowing(CorpusBuilder):
    """The same for `tfds build`; see `pipelines/tfds_builder.py`."""

    PHASE = "following"


def main(argv: Sequence[str] | None = None) -> int:
    return corpus.main(KcjaxFollowing.PHASE, (__doc__ or "").splitlines()[0], argv)


if __name__ == "__main__":
    sys.exit(main())
