import json
import pickle
import shutil

import pytest
import sentencepiece
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import file_hash
from kcjax.model.gguf import GgufModel

CODE = 'class Ship(Entity):\n\t"""\n\tDescription:  of "wood"\r\n    é 漢字 😀\t\t\\n\n\n'
PARTS = [
    "    ",
    "\t",
    "\n",
    "\r\n",
    '"',
    "\\",
    "▁",
    " ",
    "<s>",
    "</s>",
    "<unk>",
    "<|im_end|>",
    "<0x0A>",
    "[INST]",
    "é",
    "e\u0301",
]
PARTS += ["\x00", "\x1b", "\u200b", "\ufeff", "漢字", "😀", "👩‍🚀", "self.name = name", "2024", "'s"]
TEXTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=6), max_size=8).map("".join)
KINDS = ["tiny", "smollm2", "sentencepiece", "llama_json"]
NOT_IN_SMOLLM2 = set("\x04\x06\x13\x14\x16\x1d")


@pytest.fixture(scope="session")
def smollm2_tokenizer_dir(smollm2_gguf, tmp_path_factory):
    directory = tmp_path_factory.mktemp("smollm2_tokenizer")
    for name, content in GgufModel(smollm2_gguf).tokenizer_files.items():
        (directory / name).write_bytes(content)
    return directory


@pytest.fixture(scope="session", params=KINDS)
def tokenizer(request):
    fixture = {"tiny": "tiny_tokenizer_dir", "smollm2": "smollm2_tokenizer_dir", "sentencepiece": "sentencepiece_dir"}
    return load_tokenizer(request.getfixturevalue(fixture.get(request.param, "llama_json_dir")))


def known(tokenizer, text):
    """`text` without the few characters that SmolLM2's vocabulary has no tokens for."""
    if tokenizer.vocab_size != 49152:
        return text
    return "".join(c for c in text if c not in NOT_IN_SMOLLM2 and not 0x40000 <= ord(c) < 0xC0000)


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, at_start=st.booleans())
def test_any_text_survives_and_never_holds_a_special_token(tokenizer, text, at_start):
    text = known(tokenizer, text)
    ids = tokenizer.encode(text, at_start=at_start)
    assert tokenizer.decode(ids, at_start=at_start) == text
    assert all(tokenizer.token_bytes(id) for id in ids)
    assert tokenizer.encode_batch([text, "x", text], at_start=at_start)[::2] == [ids, ids]


@settings(max_examples=100, deadline=None)
@given(first=TEXTS, second=TEXTS)
def test_bytes_of_the_tokens_of_joined_parts_are_the_text(tokenizer, first, second):
    first, second = known(tokenizer, first), known(tokenizer, second)
    ids = tokenizer.encode(first) + tokenizer.encode(second)
    assert b"".join(map(tokenizer.token_bytes, ids)) == (first + second).encode()
    assert tokenizer.decode([tokenizer.bos_id, *ids, tokenizer.eos_id]) == first + second


def test_half_a_character_decodes_to_the_replacement_character(tokenizer):
    ids = [id for id in range(tokenizer.vocab_size) if tokenizer.token_bytes(id) == b"\xc3"]
    assert tokenizer.decode(ids[:1]) == "\N{REPLACEMENT CHARACTER}"


def test_lone_surrogate_and_unknown_id_are_input_errors(tokenizer):
    with pytest.raises(InputError, match="character 1 of the text"):
        tokenizer.encode("a\ud800")
    with pytest.raises(InputError, match="not in the tokenizer's vocabulary"):
        tokenizer.decode([tokenizer.vocab_size])


def test_character_without_a_token_is_an_input_error_that_names_it(smollm2_tokenizer_dir):
    with pytest.raises(InputError, match=r"character 3 .* no token for '\\x04'"):
        load_tokenizer(smollm2_tokenizer_dir).encode("abc\x04")


def test_start_of_a_document_equals_sentencepiece(sentencepiece_dir):
    reference = sentencepiece.SentencePieceProcessor(model_file=str(sentencepiece_dir / "tokenizer.model"))
    for text in (CODE, "results = []", "  two spaces", "\tx"):
        assert load_tokenizer(sentencepiece_dir).encode(text, at_start=True) == reference.encode(text)


def test_both_forms_of_one_vocabulary_agree(sentencepiece_dir, llama_json_dir):
    ours, theirs = load_tokenizer(sentencepiece_dir), load_tokenizer(llama_json_dir)
    assert (ours.vocab_size, ours.bos_id, ours.eos_id) == (theirs.vocab_size, theirs.bos_id, theirs.eos_id)
    for text in (CODE, "</s> <0x0A> <unk>", "a▁b", ""):
        for at_start in (True, False):
            assert ours.encode(text, at_start=at_start) == theirs.encode(text, at_start=at_start)
    assert [ours.token_bytes(id) for id in range(32000)] == [theirs.token_bytes(id) for id in range(32000)]


def test_json_tokenizers_equal_transformers(smollm2_tokenizer_dir, tiny_tokenizer_dir):
    transformers = pytest.importorskip("transformers")
    for directory in (smollm2_tokenizer_dir, tiny_tokenizer_dir):
        reference = transformers.AutoTokenizer.from_pretrained(directory)
        ours = load_tokenizer(directory)
        for text in (CODE, "It's 2024: don't.", 'results = [\n\tCity("Riga")\n]'):
            ids = reference(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
            assert ours.encode(text, at_start=True) == ids
        assert (ours.bos_id, ours.eos_id) == (reference.bos_token_id, reference.eos_token_id)


def test_smollm2_splits_digits_and_keeps_its_markers_out_of_text(smollm2_tokenizer_dir):
    tokenizer = load_tokenizer(smollm2_tokenizer_dir)
    assert [tokenizer.token_bytes(id) for id in tokenizer.encode("x 2024")] == [b"x", b" ", b"2", b"0", b"2", b"4"]
    assert (tokenizer.bos_id, tokenizer.eos_id) == (1, 2)
    assert len(tokenizer.encode("<repo_name>")) > 1


def test_hash_is_that_of_the_tokenizer_file(tiny_tokenizer_dir, sentencepiece_dir):
    assert load_tokenizer(tiny_tokenizer_dir).hash == file_hash(tiny_tokenizer_dir / "tokenizer.json")
    assert load_tokenizer(sentencepiece_dir).hash == file_hash(sentencepiece_dir / "tokenizer.model")


@pytest.fixture
def edited(tiny_tokenizer_dir, tmp_path):
    """A copy of the tiny tokenizer whose tokenizer.json is changed by a function."""

    def edit(change):
        shutil.copytree(tiny_tokenizer_dir, tmp_path, dirs_exist_ok=True)
        spec = json.loads((tmp_path / "tokenizer.json").read_text())
        change(spec)
        (tmp_path / "tokenizer.json").write_text(json.dumps(spec))
        return tmp_path

    return edit


@pytest.mark.parametrize("normalizer", [{"type": "NFKC"}, {"type": "Lowercase"}, {"type": "Strip"}, {"type": "Nmt"}])
@pytest.mark.parametrize("nested", [False, True])
def test_normalizers_that_change_text_are_refused_by_name(edited, normalizer, nested):
    value = {"type": "Sequence", "normalizers": [{"type": "NFC"}, normalizer]} if nested else normalizer
    with pytest.raises(InputError, match=f"tokenizer.json: normalizer '{normalizer['type']}' .*code would not survive"):
        load_tokenizer(edited(lambda spec: spec.update(normalizer=value)))


@pytest.mark.parametrize(
    "step", [{"type": "WhitespaceSplit"}, {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed"}]
)
def test_pre_tokenizers_that_take_text_away_are_refused(edited, step):
    with pytest.raises(InputError, match=f"pre-tokenizer '{step['type']}'"):
        load_tokenizer(edited(lambda spec: spec.update(pre_tokenizer=step)))


def test_files_that_are_no_tokenizer_are_input_errors(edited, tmp_path):
    with pytest.raises(InputError, match=r"tokenizer\.json: the tokenizers library cannot read it"):
        load_tokenizer(edited(lambda spec: spec["model"]["merges"].append(["class", "no such token"])))
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "tokenizer.model").write_bytes(b"\xff" * 20)
    with pytest.raises(InputError, match=r"tokenizer\.model: not a SentencePiece model"):
        load_tokenizer(tmp_path)


def test_sentencepiece_models_that_collapse_spaces_are_refused(tmp_path):
    sentences = iter(["one two three", "four five six seven"] * 20)
    with open(tmp_path / "tokenizer.model", "wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=sentences, model_writer=file, vocab_size=22, minloglevel=2
        )
    with pytest.raises(InputError, match=r"tokenizer\.model: .*code would not survive"):
        load_tokenizer(tmp_path)


def test_truncation_padding_and_dropout_in_the_file_have_no_effect(edited, tiny_tokenizer_dir):
    def change(spec):
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(spec))
        tokenizer.enable_truncation(4)
        tokenizer.enable_padding(length=50)
        spec.update(json.loads(tokenizer.to_str()))
        spec["model"]["dropout"] = 0.5

    assert load_tokenizer(edited(change)).encode(CODE) == load_tokenizer(tiny_tokenizer_dir).encode(CODE)


def test_marker_listed_as_ordinary_never_comes_from_text_and_other_added_tokens_do(edited):
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}

    def change(spec):
        spec["added_tokens"].append({"id": 360, "content": "<|fim_prefix|>", **plain})
        spec["added_tokens"].append({"id": 361, "content": "        ", **plain})

    tokenizer = load_tokenizer(edited(change))
    assert tokenizer.vocab_size == 362
    assert tokenizer.token_bytes(360) == b""
    assert 360 not in tokenizer.encode("<|fim_prefix|>")
    assert tokenizer.encode("        x")[0] == 361


@pytest.mark.parametrize("ignore_merges", [False, True])
def test_special_token_whose_letters_merge_to_it_never_comes_from_text(edited, ignore_merges):
    def change(spec):
        spec["model"]["vocab"]["<s"] = 360
        spec["model"]["merges"] = [["<", "s"], ["<s", ">"]]
        spec["model"]["ignore_merges"] = ignore_merges
        spec["pre_tokenizer"]["use_regex"] = False

    tokenizer = load_tokenizer(edited(change))
    assert [tokenizer.token_bytes(id) for id in tokenizer.encode("<s>")] == [b"<s", b">"]


def test_pickled_tokenizer_works(tokenizer):
    assert pickle.loads(pickle.dumps(tokenizer)).encode(CODE) == tokenizer.encode(CODE)


def test_prefix_space_of_a_byte_level_tokenizer_comes_at_the_start_only(edited, tiny_tokenizer_dir):
    tokenizer = load_tokenizer(edited(lambda spec: spec["pre_tokenizer"].update(add_prefix_space=True)))
    plain = load_tokenizer(tiny_tokenizer_dir)
    assert tokenizer.encode("class Ship", at_start=True) == plain.encode(" class Ship")
    assert tokenizer.encode("class Ship") == plain.encode("class Ship")


def test_bos_and_eos_come_from_the_first_file_that_names_them(edited):
    directory = edited(lambda spec: None)
    (directory / "config.json").write_text('{"bos_token_id": 5, "eos_token_id": [6, 7]}')
    assert (load_tokenizer(directory).bos_id, load_tokenizer(directory).eos_id) == (0, 1)
    (directory / "tokenizer_config.json").write_text('{"bos_token": null, "eos_token": {"content": "<pad>"}}')
    assert (load_tokenizer(directory).bos_id, load_tokenizer(directory).eos_id) == (5, 2)
    (directory / "kcjax.json").write_text('{"bos_id": 2, "eos_id": 1}')
    assert (load_tokenizer(directory).bos_id, load_tokenizer(directory).eos_id) == (2, 1)
    (directory / "kcjax.json").write_text('{"bos_id": 360, "eos_id": 1}')
    with pytest.raises(InputError, match=r"kcjax\.json: bos_id 360 is not in the tokenizer's vocabulary"):
        load_tokenizer(directory)


def test_missing_bos_and_missing_tokenizer_are_input_errors(edited, tmp_path):
    directory = edited(lambda spec: None)
    (directory / "tokenizer_config.json").unlink()
    with pytest.raises(InputError, match="no file says what <bos> is"):
        load_tokenizer(directory)
    (directory / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"neither tokenizer\.json nor tokenizer\.model"):
        load_tokenizer(directory)
