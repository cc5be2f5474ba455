"""Reports: what they show is what was found, whatever characters it has."""

import html.parser
import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.cli import main
from kcjax.corpus.dataset import load_dataset
from kcjax.evaluate.protocol import Evaluation, Model, evaluate, results
from kcjax.evaluate.published import paper_rows, published
from kcjax.evaluate.report import marked, report
from kcjax.extract.extraction import Extraction

HARBOUR = load_dataset("harbour")
GOLD = {d.id: d for d in HARBOUR.documents("test")}


class Half:
    """An extractor that finds the first half of everything, and one thing that is not there."""

    chunk_size = 8

    def __init__(self, share: float = 0.5):
        self.share = share

    def extract(self, documents, schema, **options) -> Iterator[Extraction]:
        for document in documents:
            gold = GOLD[document.id]
            entities = gold.entities[: round(self.share * len(gold.entities))]
            yield Extraction(gold.id, gold.text, entities, (), gold.events[:1], status="ok", hallucinated=1)


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> dict[float, list[dict]]:
    found = {}
    for share in (0.5, 1.0):
        folder = tmp_path_factory.mktemp("run")
        model = Model("models/<b>&mine", None, "0" * 64)
        found[share] = [evaluate(Evaluation("harbour", "zero-shot"), model, lambda s=share: Half(s), folder)]
    return found


class Outline(html.parser.HTMLParser):
    """Checks that tags are closed in order, and keeps the text."""

    VOID = ("meta", "line", "rect", "polyline", "circle")

    def __init__(self):
        super().__init__()
        self.open, self.text, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_a_page_is_whole_and_asks_nothing_of_the_network(rows):
    page, _ = report(rows[0.5])
    outline = Outline()
    outline.feed(page)
    assert outline.open == [] and "script" not in outline.tags and "svg" in outline.tags
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "<b>&mine" in "".join(outline.text)


def test_scores_mistakes_and_examples_are_those_of_the_results(rows):
    page, text = report(rows[0.5])
    (row,) = rows[0.5]
    for task in ("ner", "ed"):
        f1 = row["scores"][task]["strict"]["f1"]
        assert f"{f1:.1f}" in next(line for line in text.splitlines() if line.startswith(f"| harbour {task} | zero"))
        assert f"F1 {f1:.1f}</summary>" in page
    missed = row["analysis"]["ner"]["mistakes"]["missed"]
    assert f"| missed | {missed} |" in text and 'class="missed"' in page and 'class="right"' in page


def test_rows_without_data_are_absent_and_never_zero(rows):
    page, text = report(rows[0.5])
    table = text.partition("## The paper's table")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert len(lines) == 28 and all("| absent |" in line for line in lines)
    assert page.count('class="absent"') == 28


def test_two_runs_are_compared_with_significance(rows):
    _, text = report(rows[1.0], rows[0.5])
    section = text.partition("## Compared with")[2].partition("\n## ")[0]
    line = next(line for line in section.splitlines() if line.startswith("| harbour ner"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1] == "100.0" and float(cells[3]) > 10 and float(cells[5]) < 0.001
    _, alone = report(rows[1.0])
    assert "Compared with" not in alone


def test_a_run_compared_with_itself_differs_in_nothing_whatever_protocols_it_has(tmp_path):
    for protocol, part in (("zero-shot", 1.0), ("few-shot", 0.5), ("supervised", 0.7)):
        model = Model("m", None, "0" * 64)
        evaluate(Evaluation("harbour", protocol, shots=1), model, lambda s=part: Half(s), tmp_path)
    found = results(tmp_path)
    _, text = report(found, found)
    section = text.partition("## Compared with")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| harbour")]
    assert len(lines) == 12 and all("| 0.0 | 0.0 to 0.0 | 1.0000 |" in line for line in lines)
    assert "0 evaluations have none like them" in section
    _, text = report(found[:1], found[1:])
    assert "1 evaluations have none like them" in text and "| harbour ner, zero-shot, of test | 100.0" not in text


def test_what_was_not_run_and_what_is_repeated_is_told(tmp_path):
    class TooLong(Half):
        def extract(self, documents, schema, **options):
            for d in documents:
                yield Extraction(d.id, d.text, status="too_long", repeated=3)

    evaluate(Evaluation("harbour", "zero-shot", limit=5), Model("m", None, "0" * 64), TooLong, tmp_path)
    _, text = report(results(tmp_path))
    section = text.partition("## What the model wrote")[2]
    line = next(line for line in section.splitlines() if line.startswith("| harbour"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1] == "10" and cells[6] == "30"  # of both passes


def test_slices_are_those_of_one_protocol(rows):
    (row,) = rows[0.5]
    other = {**row, "settings": {**row["settings"], "protocol": "supervised"}}
    seed = {**row, "settings": {**row["settings"], "seed": 1}}
    _, alone = report([row])
    _, both = report([row, seed, other])

    def section(text: str, protocol: str) -> str:
        return text.partition(f"## By words of the text, {protocol}\n")[2].partition("\n## ")[0]

    assert section(alone, "zero-shot") == section(both, "zero-shot") == section(both, "supervised") != ""


def test_low_resource_stands_beside_published_means_share_by_share(rows):
    (row,) = rows[0.5]
    shares = [{**row, "settings": {**row["settings"], "protocol": "low-resource", "share": s}} for s in (0.01, 0.1)]
    _, text = report(shares)
    section = text.partition("## Beside published figures, low-resource")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith(("| 1%", "| 10%"))]
    assert (
        len(lines) == 2 and lines[0].endswith("| 52.8 | 43.3 | 42.0 |") and "| harbour ner | low-resource 10%" in text
    )


def test_the_same_results_give_the_same_pages(rows):
    assert report(rows[0.5]) == report(rows[0.5])


@given(
    st.text("ab<&>\"'\n", min_size=1, max_size=12).flatmap(
        lambda text: st.tuples(
            st.just(text),
            st.lists(
                st.tuples(
                    st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(lambda x: tuple(sorted(x))),
                    st.sampled_from(["right", "wrong", "missed"]),
                    st.sampled_from(["T", "<i>"]),
                ),
                max_size=4,
            ),
        )
    )
)
def test_marked_text_is_the_text(case):
    text, marks = case
    found = re.sub(r"<sub>.*?</sub>", "", marked(text, marks))
    assert html.unescape(re.sub(r"</?mark[^>]*>", "", found)) == text
    outline = Outline()
    outline.feed(marked(text, marks))
    assert outline.open == []


def test_overlapping_marks_are_both_shown():
    assert marked("abc", [((0, 2), "wrong", "T"), ((1, 3), "missed", "U")]) == (
        '<mark class="wrong">a</mark><mark class="wrong missed">b</mark><sub>T</sub>'
        '<mark class="missed">c</mark><sub>U</sub>'
    )


def test_the_papers_table_has_28_rows_with_a_figure_each():
    keys = [row.key for row in paper_rows()]
    assert len(keys) == len(set(keys)) == 28
    assert set(keys) == set(published("supervised")[0].f1)
    assert all(system.source and 0 < f1 < 100 for system in published() for f1 in system.f1.values())


def test_the_command_writes_both_pages_once(rows, tmp_path, capsys):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[0.5]))
    command = ["report", str(folder), f"--output={tmp_path}/page.html"]
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["evaluations"] == 1
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "page.md").read_text().startswith("# Evaluation of ")
    assert main(command) == 2 and "exists already" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none"), f"--output={tmp_path}/b.html"]) == 2
    assert "has no results.jsonl; make it with `kcjax benchmark" in capsys.readouterr().err
    assert main(["report", str(folder), f"--output={tmp_path}/b.pdf"]) == 2
