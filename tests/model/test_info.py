import pytest

from kcjax.errors import InputError
from kcjax.files import read_json, write_json
from kcjax.model.info import ModelInfo, read_info, write_info

INFO = ModelInfo(1, 2, "ab" * 32, prompt_style="knowcoder", base_model="SmolLM2-135M", phases=("understanding",))


def test_info_comes_back_as_written_under_the_agreed_keys(tmp_path):
    write_info(INFO, tmp_path)
    assert read_info(tmp_path) == INFO
    assert list(read_json(tmp_path / "kcjax.json")) == [
        "format_version",
        "bos_id",
        "eos_id",
        "tokenizer_hash",
        "prompt_style",
        "base_model",
        "phases",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 2}, "format_version is 2, this kcjax reads 1"),
        ({"bos_id": "1"}, "bos_id is '1', expected int"),
        ({"phases": "understanding"}, "phases is 'understanding', expected list"),
        ({"colour": "red"}, "unknown field 'colour'"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, change, message):
    write_info(INFO, tmp_path)
    write_json(tmp_path / "kcjax.json", read_json(tmp_path / "kcjax.json") | change)
    with pytest.raises(InputError, match=f"kcjax.json: {message}"):
        read_info(tmp_path)


def test_missing_file_and_missing_field_are_named(tmp_path):
    with pytest.raises(InputError, match=r"kcjax\.json: no such file"):
        read_info(tmp_path)
    write_json(tmp_path / "kcjax.json", {"format_version": 1, "bos_id": 1})
    with pytest.raises(InputError, match="eos_id is missing"):
        read_info(tmp_path)
