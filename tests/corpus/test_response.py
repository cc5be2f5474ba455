"""Responses: read as data whatever the model wrote, the good elements kept, the others named."""

import json
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.response import MAX_ELEMENTS, MAX_ERRORS, Call, parse_response

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "golden.json").read_text("utf-8"))
GOOD = """results = [
	City("Riga"),
	Voyage(trigger = "sailed", vessel = [Entity("Åsa"), Entity("b")]),
	In(City("ö"), A("x"))
]"""


def names(parsed) -> list[str]:
    return [call.name for call in parsed.objects]


def calls(value):
    if isinstance(value, Call):
        yield value
        value = (*value.args, *value.kwargs.values())
    if isinstance(value, tuple):
        for inner in value:
            yield from calls(inner)


@pytest.mark.parametrize("name", GOLDEN["following"])
def test_golden_responses_are_ok(name):
    response = GOLDEN["following"][name]["response"]
    parsed = parse_response(response)
    assert parsed.status == "ok" and parsed.errors == ()
    assert len(parsed.objects) == response.count("\n\t")


def test_positions_are_characters_of_the_response():
    for text in (GOOD, GOOD.replace("\n", "\r\n"), "préface\n" + GOOD):
        parsed = parse_response(text)
        assert [text[c.start : c.end] for c in calls(parsed.objects)] == [
            'City("Riga")',
            'Voyage(trigger = "sailed", vessel = [Entity("Åsa"), Entity("b")])',
            'Entity("Åsa")',
            'Entity("b")',
            'In(City("ö"), A("x"))',
            'City("ö")',
            'A("x")',
        ]


def test_position_is_right_beyond_a_line_end_inside_an_element():
    text = 'results = [\n\tIn(\n\t\tCity("ö"), # no\n\t\tA("x")\n\t)\n]'.replace(" # no", "")
    assert [text[c.start : c.end] for c in calls(parse_response(text).objects)][1:] == ['City("ö")', 'A("x")']


def test_values_are_strings_lists_and_calls():
    parsed = parse_response(GOOD)
    assert parsed.objects[0].args == ("Riga",)
    assert parsed.objects[1].kwargs["trigger"] == "sailed"
    assert [entity.args for entity in parsed.objects[1].kwargs["vessel"]] == [("Åsa",), ("b",)]


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_response_cut_anywhere_keeps_its_complete_objects(cut):
    parsed = parse_response(GOOD[:cut])
    whole = parse_response(GOOD)
    assert parsed.status == "truncated" and parsed.errors == ()
    assert parsed.objects == tuple(c for c in whole.objects if c.end <= cut)


@pytest.mark.parametrize(
    ("text", "status", "kept", "errors"),
    [
        ("results = []", "ok", "", 0),
        ("  results=[ ]", "ok", "", 0),
        ('results = [A("x"),]', "ok", "A", 0),
        ("results = [A('it\\'s'), B()]", "ok", "AB", 0),
        ('results = [A("],["), B("(")] and "more', "ok", "AB", 0),
        ('results = [A("x")]\nresults = [B("y")]', "ok", "A", 0),
        ("Sure!\nresults = [A('x')]", "ok", "A", 0),
        ("There is nothing.", "parse_error", "", 1),
        ('print("results = []")', "parse_error", "", 1),
        ('results = [A("a" "b"), B("x")]', "parse_error", "B", 1),
        ('results = [A(f"x"), B("x")]', "parse_error", "B", 1),
        ('results = [A(r"x"), B("x")]', "parse_error", "B", 1),
        ('results = [A(b"x"), B("x")]', "parse_error", "B", 1),
        ('results = [A("""x"""), B("x")]', "parse_error", "B", 1),
        ('results = [A(1), B("x")]', "parse_error", "B", 1),
        ('results = [A(x), B("x")]', "parse_error", "B", 1),
        ('results = [A(("x",)), B("x")]', "parse_error", "B", 1),
        ('results = [A("x" if y else "z"), B("x")]', "parse_error", "B", 1),
        ('results = ["x", ["y"], B("x")]', "parse_error", "B", 2),
        ('results = [A("x")("y"), B("x")]', "parse_error", "B", 1),
        ('results = [os.remove("x"), B("x")]', "parse_error", "B", 1),
        ('results = [A(*["x"]), A(**x), B("x")]', "parse_error", "B", 2),
        ('results = [A(a="x", a="y"), B("x")]', "parse_error", "B", 1),
        ('results = [A(y for y in z), B("x")]', "parse_error", "B", 1),
        ('results = [A("x"),,B("y")]', "parse_error", "AB", 1),
        ('results = [A("x")), B("y")]', "parse_error", "B", 1),
        ('results = [A("x"]', "parse_error", "", 1),
        ('results = [A(a = [C("x")), B("y")]', "parse_error", "B", 1),
        ('results = [\n\tA("x),\n\tB("y")\n]', "parse_error", "B", 1),
        ('results = [A(["x,\n\tB("y"), C("z")]', "parse_error", "BC", 1),
        ('results = [\n\tA("x\ny"),\n\tB("y")\n]', "parse_error", "B", 2),
        ('results = [A("\x00"), B("x")]', "parse_error", "B", 1),
        ('results = [A("\ud800"), B("x")]', "parse_error", "B", 1),
        ('results = [A([[[[[[[["x"]]]]]]]]), B("x")]', "parse_error", "B", 1),
        ('results = [A(1), B("x")', "truncated", "B", 1),
    ],
)
def test_broken_element_is_named_and_costs_no_other(text, status, kept, errors):
    parsed = parse_response(text)
    assert (parsed.status, "".join(names(parsed)), len(parsed.errors)) == (status, kept, errors)


def test_error_names_the_element_and_the_reason():
    (error,) = parse_response('results = [B("x"), A(f"y")]').errors
    assert error.startswith('element 2 `A(f"y")`: ') and "f" in error.partition(": ")[2]


def test_doubtful_escapes_warn_nobody():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_response(r'results = [A("\d")]').objects[0].args == ("\\d",)


@given(st.text(st.sampled_from("results = [](){},\"'\\\n\tAb\x00\ud800#.")) | st.text())
def test_no_text_raises(text):
    for candidate in (text, "results = [" + text, 'results = [A("x"), ' + text + ', B("y")]'):
        parsed = parse_response(candidate)
        assert parsed.status in ("ok", "truncated", "parse_error")
        for call in calls(parsed.objects):
            assert candidate[call.start : call.end].startswith(call.name)


MB = 1_000_000
HOSTILE = {
    "opening": "[" * MB,
    "round": "(" * (MB // 2) + ")" * (MB // 2),
    "mismatched": "[" * (MB // 2) + ")" * (MB // 2),
    "mixed": "([{" * (MB // 3),
    "quotes": '"' * MB,
    "one quote": '"' + "'" * MB,
    "escaped quotes": '"' + '\\"' * (MB // 2),
    "lines of quotes": '"\n' * (MB // 2),
    "backslashes": 'A("' + "\\" * MB,
    "commas": "," * MB,
    "elements": 'A("x"),' * (MB // 7) + "]",
    "minus": "-" * MB + "]",
    "not": "A(" + "not " * 20_000 + "x)]",
    "if": "A(" + "x if y else " * 8_000 + "x)]",
    "dots": "A" + ".a" * 40_000 + '("x")]',
    "keywords": "A(" + ",".join(f'a{i}="x"' for i in range(9_000)) + ")]",
    "spaces": " " * MB,
    "lines": "\n" * MB,
    "NUL": "\0" * MB,
    "surrogates": "\ud800" * MB,
    "long string": 'A("' + "x" * MB + '")]',
    "starts": "\nresults" * (MB // 8),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_anything_is_read_at_once(name):
    started = time.process_time()
    parse_response("results = [" + HOSTILE[name])
    parse_response(HOSTILE[name])
    assert time.process_time() - started < 3


def test_elements_and_errors_have_a_limit_that_is_told():
    many = parse_response("results = [" + 'A("x"),' * (MAX_ELEMENTS + 5) + "]")
    assert len(many.objects) == MAX_ELEMENTS and "the rest was not read" in many.errors[0]
    broken = parse_response("results = [" + "A(1)," * (MAX_ERRORS + 5) + "]")
    assert len(broken.errors) == MAX_ERRORS + 1 and broken.errors[-1] == "and 5 more"


def test_a_string_that_never_ends_is_read_once():
    start = time.perf_counter()
    assert parse_response('results = [A("' + '\\"' * 49_000 + ")]").status != "ok"
    assert time.perf_counter() - start < 2  # trying again at every quote took 12 s
