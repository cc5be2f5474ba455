"""Files of a release, written for a test, and what its reader makes of them."""

from pathlib import Path

import pytest

from kcjax.corpus.release import FORMS
from kcjax.problems import Problems


@pytest.fixture
def read_release(tmp_path):
    """Writes files and reads those that are not named in `beside`; the ids begin with `x.dev`."""

    def read(form, files, *, beside=(), problems=None, **options):
        paths = []
        for name, content in files.items():
            path: Path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            if name not in beside:
                paths.append(path)
        return list(FORMS[form](paths, prefix="x.dev", problems=problems or Problems(), **options))

    return read
