"""`metadata.json`: what it says is what was counted, shard by shard in any order; without it there is no dataset."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.records_info import RecordsInfo, read_info, with_counts, write_info
from kcjax.errors import InputError

INFO = RecordsInfo("following", "hash", 100, 10, 0, {"a.jsonl": "abc"}, dropped={"too long": 3}, split={"ner": 1})
NAMES = ("records", "examples", "tokens", "learnt_tokens", "size", "checksum")


@st.composite
def shards(draw):
    counts = [dict(zip(NAMES, draw(st.tuples(*[st.integers(1, 2**60)] * 6)), strict=True)) for _ in range(4)]
    for number, shard in enumerate(counts):
        kinds = draw(st.dictionaries(st.sampled_from(["ner", "re"]), st.just({"examples": number + 1, "tokens": 7})))
        shard |= {"shard": number, "kinds": kinds, "types": draw(st.lists(st.sampled_from("ABCD"), unique=True))}
    return [*counts, {"shard": 4}]  # a shard with nothing in it


@given(shards(), st.randoms())
def test_counts_are_summed_over_shards_in_any_order(shards, rng):
    info = with_counts(INFO, shards)
    assert info == with_counts(INFO, rng.sample(shards, len(shards)))
    sums = {name: sum(shard.get(name, 0) for shard in shards) for name in NAMES}
    assert {name: getattr(info, name) for name in NAMES[:-1]} == {name: sums[name] for name in NAMES[:-1]}
    assert info.shards == tuple(shard.get("records", 0) for shard in shards)
    assert int(info.checksum, 16) == sums["checksum"] % 2**56 and len(info.checksum) == 14
    assert info.types == len({name for shard in shards for name in shard.get("types", ())})
    for kind in ("ner", "re"):
        found = [shard["kinds"][kind] for shard in shards if kind in shard.get("kinds", ())]
        assert info.kinds.get(kind, {}) == ({key: sum(f[key] for f in found) for key in found[0]} if found else {})


def test_fill_is_the_share_of_places_with_tokens_and_the_rest_stays():
    info = with_counts(INFO, [{"shard": 0, "records": 3, "tokens": 27, "learnt_tokens": 1}])
    assert info.fill == 0.9 and (info.dropped, info.split, info.sources) == (INFO.dropped, INFO.split, INFO.sources)


@pytest.mark.parametrize(
    "shards", [[], [{"shard": 0}], [{"shard": 0, "records": 1, "examples": 2, "learnt_tokens": 0}]]
)
def test_nothing_to_learn_is_refused_and_says_what_was_left_out(shards):
    with pytest.raises(InputError, match=r"nothing in them to learn; not written; left out: too long \(3\)"):
        with_counts(INFO, shards)


def test_what_is_written_is_read_and_tfds_files_stand_beside_it(tmp_path):
    info = with_counts(INFO, [{"shard": 0, "records": 1, "learnt_tokens": 1, "kinds": {"ner": {"examples": 1}}}])
    write_info(tmp_path, info)
    assert read_info(tmp_path) == info and info.name == "kcjax_following"
    assert {path.name for path in tmp_path.iterdir()} == {"metadata.json", "features.json", "dataset_info.json"}


def test_metadata_is_written_last(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("kcjax.corpus.tfds_info.write_tfds_info", fail)
    with pytest.raises(OSError, match="disk full"):
        write_info(tmp_path, INFO)
    with pytest.raises(InputError, match=r"no metadata\.json here; make a dataset with `kcjax corpus build`"):
        read_info(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 1}, "format_version 1, this kcjax reads 2; build it anew"),
        ({"shards": ...}, "a field is missing or unknown"),
        ({"phase": ...}, "a field is missing or unknown"),
        ({"novel": 1}, "a field is missing or unknown"),
    ],
)
def test_other_versions_and_fields_are_refused(tmp_path, change, message):
    fields = json.loads(json.dumps(dataclasses.asdict(INFO))) | change
    (tmp_path / "metadata.json").write_text(json.dumps({k: v for k, v in fields.items() if v is not ...}))
    with pytest.raises(InputError, match=message):
        read_info(tmp_path)
