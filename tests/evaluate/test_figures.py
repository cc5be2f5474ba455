"""Figures: the mean over seeds, and in the paper's table the one that is nearest to what the paper did."""

import pytest

from kcjax.evaluate.figures import figures, paper_table, way


def row(f1: float, dataset: str = "wnut17", task: str = "ner", model: str = "m", **settings) -> dict:
    scores = {match: {"f1": f1 + n, "precision": 1.0, "recall": 2.0} for n, match in enumerate(["string", "kc_compat"])}
    plain = {"protocol": "zero-shot", "split": "test", "seed": 0, "limit": None, "unscored": False, "shots": 5}
    return {
        "settings": {**plain, "share": None, **settings, "dataset": dataset},
        "scores": {task: scores, "documents": 7},
        "analysis": {task: {}},
        "model": {"hash": model},
    }


def line(rows: list[dict], name: str = "WNUT17", task: str = "ner") -> dict:
    return next(line for line in paper_table(rows) if line["row"] == name and line["task"] == task)


def test_rows_that_differ_by_seed_alone_are_one_figure():
    (figure,) = figures([row(40.0), row(50.0, seed=1), row(60.0, seed=2)])
    assert (figure.mean("string"), figure.spread("string"), figure.mean("string", "recall")) == (50.0, 10.0, 2.0)
    assert figure.how == "all of test, 3 seeds" and figure.key == "wnut17/ner"
    assert figures([row(1.0)])[0].spread("string") is None


@pytest.mark.parametrize(
    "other",
    [{"split": "dev"}, {"protocol": "supervised"}, {"limit": 3}, {"unscored": True}, {"shots": 1}, {"model": "n"}],
)
def test_rows_that_differ_otherwise_are_not(other):
    assert len(figures([row(1.0), row(2.0, seed=1, **other)])) == 2


def test_every_seed_of_a_refinement_has_a_model_of_its_own():
    refined = {"protocol": "low-resource", "share": 0.05}
    assert len(figures([row(1.0, model="a", **refined), row(2.0, model="b", seed=1, **refined)])) == 1
    assert way(row(1.0, **refined)["settings"]) == "low-resource 5%"
    assert way(row(1.0, protocol="few-shot")["settings"]) == "few-shot 5 shots"


def test_the_papers_table_has_the_supervised_figure_of_all_test_documents_before_others():
    rows = [
        row(1.0),
        row(2.0, protocol="supervised", limit=3),
        row(3.0, protocol="supervised", split="dev"),
        row(4.0, protocol="supervised"),
        row(5.0, protocol="few-shot"),
        row(6.0, protocol="saved"),
    ]
    for order in (rows, rows[::-1]):
        assert line(order) == {
            "row": "WNUT17",
            "task": "ner",
            "f1": 5.0,
            "f1_string": 4.0,
            "way": "supervised",
            "scored": "all of test",
            "published": 66.4,
        }
    assert line(rows[:1])["way"] == "zero-shot" and line(rows[5:])["way"] == "saved"


def test_what_is_not_here_is_absent():
    table = paper_table([row(0.0), row(9.0, dataset="ace05", task="ed", unscored=True)])
    assert len(table) == 28 and [line["row"] for line in table if line["f1"] is not None] == ["WNUT17"]
