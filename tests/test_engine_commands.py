"""`kcjax prompt`, `grammar` and `parse`: what another engine needs, without JAX."""

import json
import subprocess
import sys

import pytest

from kcjax import cli
from kcjax.corpus.document import document_to_json
from kcjax.corpus.grammar import lark_grammar
from kcjax.corpus.prompt import following_prompt, following_response
from kcjax.schema.source import parse_schema
from tests.extract.test_extractor import SCHEMA, TEXT, gold

CODE = '''class Person(Entity):
	pass

class Ship(Entity):
	"""
	Description: a vessel
	"""
	pass

class CrewMember(Relation):
	def __init__(self, head_entity: Ship, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Voyage(Event):
	def __init__(
		self,
		trigger: str,
		vessel: List[Ship],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.vessel = vessel
		self.destination = destination
'''


@pytest.fixture
def schema(tmp_path):
    (tmp_path / "schema.py").write_text(CODE)
    return f"--schema={tmp_path / 'schema.py'}"


def run(capsys, *argv):
    code = cli.main([*map(str, argv)])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_what_is_printed_for_a_text_is_the_prompt_or_the_grammar_and_nothing_else(schema, capsys):
    types = parse_schema(CODE, filename="schema.py")
    prompt = following_prompt("ner", types, TEXT)
    assert run(capsys, "prompt", schema, "--task=ner", f"--text={TEXT}") == (0, prompt.schema + prompt.sentence, "")
    plain = following_prompt("ner", types, TEXT, comments=False)
    found = run(capsys, "prompt", schema, "--task=ner", f"--text={TEXT}", "--without-comments")
    assert found == (0, plain.schema + plain.sentence, "") and plain != prompt
    _, out, _ = run(capsys, "prompt", schema, "--task=ner", f"--text={TEXT}", "--json")
    assert json.loads(out) == {"prompt": prompt.schema + prompt.sentence, "shared_characters": len(prompt.schema)}
    assert run(capsys, "grammar", schema, "--task=re", f"--text={TEXT}") == (
        0,
        lark_grammar("re", types, text=TEXT),
        "",
    )
    found = run(capsys, "grammar", schema, "--task=re", f"--text={TEXT}", "--any-string", "--format=lark")
    assert found == (0, lark_grammar("re", types), "")


def test_responses_become_the_documents_that_they_were_made_from(schema, tmp_path, capsys):
    row = document_to_json(gold())
    raw = {task: following_response(task, gold(), SCHEMA) for task in ("ner", "re", "ed", "eae")}
    bare = {"id": "d", "text": TEXT, "raw": raw, "page": 7}
    (tmp_path / "in.jsonl").write_text(json.dumps(bare) + "\n")
    argv = ["parse", schema, f"--input={tmp_path / 'in.jsonl'}", f"--output={tmp_path / 'out.jsonl'}", "--json"]
    code, out, err = run(capsys, *argv)
    assert code == 0, err
    assert json.loads(out)["status"] == {"ok": 1} and json.loads(out)["hallucinated"] == 0
    found = json.loads((tmp_path / "out.jsonl").read_text())
    assert {key: found[key] for key in row} == row
    assert found["page"] == 7 and found["raw"] == raw and found["status"] == "ok"
    argv[2:4] = [f"--input={tmp_path / 'out.jsonl'}", f"--output={tmp_path / 'again.jsonl'}"]
    assert run(capsys, *argv)[0] == 0  # of what extraction writes, the same again
    assert json.loads((tmp_path / "again.jsonl").read_text()) == found


def test_a_response_that_is_not_whole_says_so(schema, capsys):
    argv = ["parse", schema, "--task=ner", f"--text={TEXT}", "--json"]
    _, out, _ = run(
        capsys, *argv, '--response=results = [\n\tShip("Orion"),\n\tShip("Vega"),\n\tPlane("Orion"),\n\tPer'
    )
    found = json.loads(out)
    assert [(e["type"], e["start"], e["text"]) for e in found["entities"]] == [("Ship", TEXT.index("Orion"), "Orion")]
    assert (found["status"], found["hallucinated"], found["off_schema"]) == ("truncated", 1, 1)


def test_arguments_are_asked_for_of_the_events_given(schema, tmp_path, capsys):
    rows = [document_to_json(gold()), {"id": "none", "text": "No event here."}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for verb, key in (("prompt", "prompt"), ("grammar", "grammar")):
        output = tmp_path / f"{verb}.jsonl"
        argv = [verb, schema, "--task=eae", f"--input={tmp_path / 'in.jsonl'}", f"--output={output}", "--json"]
        code, out, err = run(capsys, *argv)
        assert code == 0 and json.loads(out)["asked"] == 1, err
        asked, nothing = map(json.loads, output.read_text().splitlines())
        assert '"sailed"' in asked[key] and nothing[key] == "" and (nothing["id"], nothing["task"]) == ("none", "eae")


def test_what_does_not_fit_together_is_named(schema, tmp_path, capsys):
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "d", "text": TEXT, "raw": {"nre": "results = []"}}) + "\n")
    (tmp_path / "none.jsonl").write_text(json.dumps({"id": "d", "text": TEXT}) + "\n")
    output = f"--output={tmp_path / 'out.jsonl'}"
    for argv, message in [
        (["prompt", "--task=eae", f"--text={TEXT}"], "task eae asks for the arguments of known events"),
        (["prompt", "--task=ner", f"--input={tmp_path / 'in.jsonl'}"], "--input needs --output"),
        (["parse", f"--text={TEXT}", "--task=ner"], "--text needs --task and --response"),
        (
            ["parse", f"--input={tmp_path / 'in.jsonl'}", output, "--task=ner"],
            "takes tasks and responses from the rows",
        ),
        (["parse", f"--input={tmp_path / 'in.jsonl'}", output], "document 1 (d): raw has the task 'nre'"),
        (["parse", f"--input={tmp_path / 'none.jsonl'}", output], "raw must be an object of responses by task"),
    ]:
        code, _, err = run(capsys, argv[0], schema, *argv[1:])
        assert code == 2 and message in err, err
    assert not (tmp_path / "out.jsonl").exists()


def test_none_of_them_needs_jax_or_what_reads_models(schema, tmp_path):
    """Run where importing these fails."""
    blocked = ("jax", "flax", "optax", "orbax", "tensorflow", "safetensors", "gguf", "torch", "transformers", "numpy")
    code = f"import sys\nfor name in {blocked}: sys.modules[name] = None\nfrom kcjax.cli import main\n"
    code += "sys.exit(main(sys.argv[1:]))"
    for argv in (
        ["prompt", "--task=ner", f"--text={TEXT}"],
        ["grammar", "--task=ner", f"--text={TEXT}"],
        ["parse", "--task=ner", f"--text={TEXT}", '--response=results = [\n\tShip("Orion")\n]'],
    ):
        command = [sys.executable, "-c", code, argv[0], schema, *argv[1:]]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0 and "Orion" in done.stdout, done.stderr
