"""One page of HTML, and one of Markdown, of a results file: scores beside published ones, mistakes, examples, plots.

The page is one file without scripts, and asks nothing of the network.
"""

import html
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from kcjax.evaluate.bootstrap import difference
from kcjax.evaluate.figures import Result, figures, paper_table, tasks_of, way
from kcjax.evaluate.metrics import Counts
from kcjax.evaluate.plots import bars, curve, reliability
from kcjax.evaluate.published import published

SLICES = {
    "seen": "mentions that its training documents have",
    "type_frequency": "objects of the type in its training documents",
    "text_length": "words of the text",
    "type_distance": "distance of the type from those trained on",
}
ABSENT = "absent"


class Table(NamedTuple):
    """Cells are text or numbers; a number is shown with one decimal, None as a dash."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""


def report(results: Sequence[Result], against: Sequence[Result] = ()) -> tuple[str, str]:
    """The HTML and the Markdown of the rows of a results file.

    Args:
      against: those of another, to be compared dataset by dataset.
    """
    models = dict.fromkeys(_model(row) for row in results)
    tables = [_summary(results), *_beside(results), _paper(results), *_comparison(results, against), _health(results)]
    slices = _pooled(results)
    tables += [_slice_table(*key, parts) for key, parts in slices.items()]
    title = "Evaluation of " + ", ".join(models)
    return _html(title, tables, slices, results), _markdown(title, tables, results)


def _model(row: Result) -> str:
    model = row["model"]
    return model["path"].rstrip("/").rpartition("/")[2] + (
        " with " + model["adapter"].rstrip("/").rpartition("/")[2] if model["adapter"] else ""
    )


def _name(row: Result, task: str) -> str:
    settings = row["settings"]
    said = [settings["dataset"], "with its unscored types" if settings["unscored"] else "", task]
    return " ".join(part for part in said if part)


def _full_name(row: Result, task: str) -> str:
    """With all that tells it from other rows."""
    settings = row["settings"]
    said = [_name(row, task), way(settings)] + ([f"seed {settings['seed']}"] if settings["seed"] else [])
    return ", ".join([*said, f"of {settings['split']}"])


def _summary(results: Sequence[Result]) -> Table:
    rows = []
    for row in results:
        for task in tasks_of(row):
            scores = row["scores"][task]
            strict = scores["strict"]
            low, high = strict["f1_interval"]
            rows.append(
                [
                    _name(row, task),
                    way(row["settings"]),
                    row["settings"]["seed"],
                    row["settings"]["split"],
                    row["scores"]["documents"],
                    strict["gold"],
                    strict["precision"],
                    strict["recall"],
                    strict["f1"],
                    f"{low:.1f}-{high:.1f}",
                    scores["string"]["f1"],
                    scores["kc_compat"]["f1"],
                    strict["identification"]["f1"],
                    strict["macro_f1"],
                ]
            )
    header = ["dataset", "protocol", "seed", "split", "documents", "gold", "P", "R", "F1", "95% interval"]
    header += ["F1 string", "F1 kc_compat", "F1 identification", "macro F1"]
    note = "P, R and F1 are micro and strict: type and character span. The interval is of bootstrap over documents."
    return Table("Scores", header, rows, note)


def _beside(results: Sequence[Result]) -> list[Table]:
    """Published figures beside ours, protocol by protocol, for datasets that have any."""
    tables = []
    for protocol in dict.fromkeys(row["settings"]["protocol"] for row in results):
        systems = published(protocol)
        ours = [f for f in figures(results) if f["protocol"] == protocol and any(f.key in s.f1 for s in systems)]
        rows = []
        for figure in ours:
            mean, spread = figure.mean("string"), figure.spread("string")
            shown = [mean, "" if spread is None else f"±{spread:.1f}", figure.mean("kc_compat")]
            rows.append(
                [_name(figure.rows[0], figure.task), figure.how, *shown, *(s.f1.get(figure.key) for s in systems)]
            )
        once = {figure.key: figure for figure in ours if not figure["unscored"]}
        if len(once) > 1:
            means = [fmean(figure.mean(match) for figure in once.values()) for match in ("string", "kc_compat")]
            theirs = [fmean(s.f1[key] for key in once) if once.keys() <= s.f1.keys() else None for s in systems]
            rows.append([f"mean of {len(once)}", "", means[0], "", means[1], *theirs])
        if rows:
            sources = "; ".join(dict.fromkeys(system.source for system in systems))
            header = [
                "dataset",
                "scored on",
                "ours, string",
                "of seeds",
                "ours, kc_compat",
                *(s.system for s in systems),
            ]
            note = (
                "F1. KnowCoder's figures are by kc_compat, others' by strings. Published figures are of the whole test "
                f"split, from {sources}"
            )
            tables.append(Table(f"Beside published figures, {protocol}", header, rows, note))
    return tables + _low_resource(results)


def _low_resource(results: Sequence[Result]) -> list[Table]:
    """The mean over what was evaluated, share by share, beside the published means."""
    shares: dict[float, list[float]] = {}
    for figure in figures(results):
        if figure["share"] is not None:
            shares.setdefault(figure["share"], []).append(figure.mean("kc_compat"))
    theirs = published("low-resource")
    rows = [
        [f"{100 * share:g}%", fmean(f1), len(f1), *(system.f1.get(f"{share:g}") for system in theirs)]
        for share, f1 in sorted(shares.items())
    ]
    header = ["share", "ours", "of so many datasets and tasks", *(system.system for system in theirs)]
    note = f"Mean F1, kc_compat. Theirs are means over the four tasks, from {theirs[0].source}"
    return [Table("Beside published figures, low-resource", header, rows, note)] if rows else []


def _paper(results: Sequence[Result]) -> Table:
    theirs = published("supervised")[0]
    rows = [
        [line["row"], line["task"]]
        + ([ABSENT, "", "", ""] if line["f1"] is None else [line[k] for k in ("f1", "f1_string", "way", "scored")])
        + [line["published"]]
        for line in paper_table(results)
    ]
    note = f"F1. A dataset that is not here is absent, and no zero. {theirs.system}: supervised, from {theirs.source}"
    header = ["dataset", "task", "ours, kc_compat", "ours, string", "protocol", "scored on", theirs.system]
    return Table("The paper's table of supervised results", header, rows, note)


def _comparison(results: Sequence[Result], against: Sequence[Result]) -> list[Table]:
    others = {_comparable(row): row for row in against}
    rows = []
    for row in results:
        other = others.get(_comparable(row))
        for task in tasks_of(row) if other else ():
            assert other is not None
            if task not in tasks_of(other):
                continue
            ours, theirs = (np.array(r["per_document"][task]).reshape(-1, 3) for r in (row, other))
            found = difference(ours, theirs)
            low, high = found.interval
            rows.append(
                [
                    _full_name(row, task),
                    row["scores"][task]["strict"]["f1"],
                    other["scores"][task]["strict"]["f1"],
                    found.f1,
                    f"{low:.1f} to {high:.1f}",
                    f"{found.p_value:.4f}",
                ]
            )
    if not against:
        return []
    names = ", ".join(dict.fromkeys(map(_model, against)))
    header = ["dataset", "F1", "F1 of the other", "difference", "95% interval", "p"]
    left = sum(_comparable(row) not in others for row in results)
    note = (
        "Strict F1; paired bootstrap and approximate randomisation over documents. Of the same dataset, documents, "
        f"seed and protocol; {left} evaluations have none like them among the others."
    )
    return [Table(f"Compared with {names}", header, rows, note)]


def _comparable(row: Result) -> tuple[Any, ...]:
    s = row["settings"]
    keys = ("dataset", "split", "seed", "limit", "unscored", "data", "protocol", "share")
    return (*(s[key] for key in keys), s["shots"] if s["protocol"] == "few-shot" else None)


def _health(results: Sequence[Result]) -> Table:
    rows = []
    for row in results:
        scores = row["scores"]
        over = [scores[task]["over_prediction"] for task in tasks_of(row)]
        rows.append(
            [
                _full_name(row, " ".join(tasks_of(row))),
                sum(scores["statuses"].get(status, 0) for status in ("too_long", "error")),
                scores["parse_failure_rate"],
                scores["truncation_rate"],
                scores["hallucinated_spans"],
                scores["off_schema"],
                scores["repeated"],
                scores["malformed_rows"],
                " ".join("-" if o["predicted_per_gold"] is None else f"{o['predicted_per_gold']:.2f}" for o in over),
                " ".join(f"{o['of_these_with_predictions']}/{o['documents_without_gold']}" for o in over),
            ]
        )
    header = ["dataset", "not run", "parse failures %", "truncated %", "hallucinated", "off schema", "repeated"]
    header += ["malformed rows"]
    header += ["predicted per gold", "predicted where there is nothing"]
    note = (
        "Rows not run were too long for the model's context, or hold what it has no token for. Hallucinated strings "
        "are not in the text, classes off the schema were not asked for, and what is repeated stands there less often: "
        "none of these is an object; by string each is predicted and wrong."
    )
    return Table("What the model wrote", header, rows, note)


def _pooled(results: Sequence[Result]) -> dict[tuple[str, str], dict[str, Counts]]:
    """(slice, how the model was asked) -> the parts of all datasets and tasks together, of the first seed of each."""
    pooled: dict[tuple[str, str], dict[str, Counts]] = {}
    for figure in figures(results):
        row = figure.rows[0]
        for name, parts in row["analysis"][figure.task]["slices"].items() if not figure["unscored"] else ():
            there = pooled.setdefault((name, way(row["settings"])), {})
            for part, scores in parts.items():
                before = there.get(part, Counts())
                there[part] = Counts(
                    before.true_positives + scores["true_positives"],
                    before.predicted + scores["predicted"],
                    before.gold + scores["gold"],
                )
    keys = sorted(pooled, key=lambda key: list(SLICES).index(key[0]))
    return {key: {part: pooled[key][part] for part in _in_order(pooled[key])} for key in keys}


def _in_order(parts: Iterable[str]) -> list[str]:
    return sorted(parts, key=lambda part: (float(re.match(r"[\d.]*", part)[0] or 0), part))  # type: ignore[index]


def _slice_table(name: str, asked: str, parts: Mapping[str, Counts]) -> Table:
    rows = [[part, c.gold, c.predicted, c.precision, c.recall, c.f1] for part, c in parts.items()]
    header = [SLICES[name], "gold", "predicted", "P", "R", "F1"]
    return Table(f"By {SLICES[name]}, {asked}", header, rows, "Strict, all datasets and tasks together.")


def _mistakes(row: Result, task: str) -> Table:
    found = row["analysis"][task]["mistakes"]
    rows = [[kind.replace("_", " "), many] for kind, many in found.items()]
    return Table("Mistakes", ["kind", "objects"], rows)


def _types(row: Result, task: str) -> Table:
    types = row["scores"][task]["strict"]["types"]
    rows = [[name, t["gold"], t["predicted"], t["precision"], t["recall"], t["f1"]] for name, t in types.items()]
    return Table("Types", ["type", "gold", "predicted", "P", "R", "F1"], rows)


def _confused(row: Result, task: str) -> Table:
    analysis = row["analysis"][task]
    rows = [[g or "(nothing)", p or "(nothing)", n] for g, p, n in analysis["confusion"]]
    left = analysis["confusion_left_out"]
    return Table(
        "Taken for", ["gold", "predicted", "objects"], rows, f"{left} rarer pairs are not shown." if left else ""
    )


# --- Markdown ---


def _markdown(title: str, tables: Sequence[Table], results: Sequence[Result]) -> str:
    parts = [f"# {title}", _made_by(results)]
    for table in tables:
        parts += [f"## {table.title}", _markdown_table(table)]
    for row in results:
        for task in tasks_of(row):
            parts.append(f"## {_full_name(row, task)}")
            for table in (_mistakes(row, task), _types(row, task), _confused(row, task)):
                if table.rows:
                    parts += [f"### {table.title}", _markdown_table(table)]
    return "\n\n".join(parts) + "\n"


def _markdown_table(table: Table) -> str:
    lines = [table.header, ["---" if n == 0 else "---:" for n in range(len(table.header))]]
    lines += [[_cell(cell).replace("|", "\\|") for cell in row] for row in table.rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return body + (f"\n\n{table.note}" if table.note else "")


def _made_by(results: Sequence[Result]) -> str:
    versions = dict.fromkeys(
        ", ".join(f"{name} {version}" for name, version in row["versions"].items()) for row in results
    )
    hashes = dict.fromkeys(row["model"]["hash"][:12] for row in results)
    return f"Model {', '.join(hashes)}; {'; '.join(versions)}."


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


# --- HTML ---

_STYLE = """
:root { --ink: #1c2330; --soft: #5b6472; --line: #d9dee6; --page: #ffffff; --box: #f5f7fa; --blue: #2563ab;
  --right: #cdebd3; --wrong: #f8cfcb; --missed: #cfe0f7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a3adbb; --line: #39414e; --page: #14181f;
  --box: #1d232c; --blue: #7db3f0; --right: #1f5a30; --wrong: #7a2a24; --missed: #234a7d; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 1180px;
  margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin-bottom: .3rem; }
.note { color: var(--soft); font-size: .87rem; max-width: 75ch; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .87rem; }
th { text-align: right; vertical-align: bottom; color: var(--soft); font-weight: 600; }
td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
td.absent { color: var(--soft); font-style: italic; }
nav a, summary { color: var(--blue); } details { border-top: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; font-weight: 600; }
.side { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; align-items: flex-start; }
.example { background: var(--box); border-radius: .4rem; padding: .5rem .8rem; margin: .5rem 0;
  overflow-wrap: anywhere; }
.example p { margin: .2rem 0; } .example ul { margin: .3rem 0; padding-left: 1.2rem; font-size: .87rem; }
mark { color: inherit; border-radius: .2rem; padding: .05rem .1rem; background: none; }
mark.right { background: var(--right); } mark.wrong { background: var(--wrong); }
mark.missed { background: var(--missed); }
mark.wrong.missed { background: var(--wrong); outline: 2px solid var(--missed); }
sub { font-size: .68rem; color: var(--soft); } svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); }
"""


def _html(
    title: str,
    tables: Sequence[Table],
    slices: Mapping[tuple[str, str], Mapping[str, Counts]],
    results: Sequence[Result],
) -> str:
    body = [f"<h1>{html.escape(title)}</h1>", f'<p class="note">{html.escape(_made_by(results))}</p>']
    links = [f'<a href="#t{n}">{html.escape(table.title)}</a>' for n, table in enumerate(tables)]
    links.append('<a href="#details">Dataset by dataset</a>')
    body.append(f"<nav>{' · '.join(links)}</nav>")
    for number, table in enumerate(tables):
        body.append(f'<h2 id="t{number}">{html.escape(table.title)}</h2>')
        key = next(((n, asked) for n, asked in slices if table.title == f"By {SLICES[n]}, {asked}"), None)
        plot = bars({p: c.f1 for p, c in slices[key].items()}, f"F1 by {SLICES[key[0]]}") if key else ""
        body.append(f'<div class="side">{_html_table(table)}{plot}</div>')
    body.append('<h2 id="details">Dataset by dataset</h2>')
    body.append(
        '<p class="note">In the examples: <mark class="right">right</mark>, <mark class="wrong">predicted and wrong'
        '</mark>, <mark class="missed">in gold and not found</mark>.</p>'
    )
    for row in results:
        for task in tasks_of(row):
            body.append(_details(row, task))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _html_table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.header)
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in table.rows)
    note = f'<p class="note">{html.escape(table.note)}</p>' if table.note else ""
    return (
        f'<div><div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}</div>'
    )


def _html_cell(value: Any) -> str:
    kind = ' class="absent"' if value == ABSENT else ""
    return f"<td{kind}>{html.escape(_cell(value))}</td>"


def _details(row: Result, task: str) -> str:
    strict = row["scores"][task]["strict"]
    analysis = row["analysis"][task]
    found = [table for table in (_mistakes(row, task), _types(row, task), _confused(row, task)) if table.rows]
    inner = "".join(f"<div><h3>{html.escape(table.title)}</h3>{_html_table(table)}</div>" for table in found)
    confidence = analysis["confidence"]
    if confidence:
        least, best = confidence["best"]
        said = (
            f"Average precision {confidence['average_precision']:.1f}; calibration error "
            f"{confidence['calibration_error']:.1f} points; best F1 {best:.1f}, of confidences from {least:.2f} on."
        )
        inner += f'<div><h3>Confidence</h3><p class="note">{said}</p>'
        inner += curve([(r, p) for _, p, r in confidence["curve"]]) + reliability(confidence["bins"]) + "</div>"
    examples = "".join(_example(example) for example in analysis["examples"])
    title = f"{row['title']}: {_full_name(row, task)}"
    return (
        f"<details><summary>{html.escape(title)}, F1 {strict['f1']:.1f}</summary>"
        f'<div class="side">{inner}</div>' + (f"<h3>Examples</h3>{examples}" if examples else "") + "</details>"
    )


def _example(example: Mapping[str, Any]) -> str:
    """The text with its objects marked; of relations and of what overlaps, a list says more."""
    marks = [(tuple(span), "right", item["type"]) for item in example["right"] for span in item["spans"]]
    for mistake in example["mistakes"]:
        for side, kind in (("predicted", "wrong"), ("gold", "missed")):
            if mistake[side]:
                marks += [(tuple(span), kind, mistake[side]["type"]) for span in mistake[side]["spans"]]
    told = "".join(f"<li>{html.escape(_told(mistake, example['text']))}</li>" for mistake in example["mistakes"])
    return (
        f'<div class="example"><p>{marked(example["text"], marks)}</p>'
        f'<ul>{told}</ul><p class="note">{html.escape(example["id"])}</p></div>'
    )


def marked(text: str, marks: Sequence[tuple[tuple[int, int], str, str]]) -> str:
    """HTML of a text with ((start, end), class, label) marked; marks may overlap, and a label stands where one ends."""
    edges = sorted({0, len(text), *(edge for span, _, _ in marks for edge in span)})
    parts = []
    for start, end in itertools.pairwise(edges):
        kinds = dict.fromkeys(kind for (s, e), kind, _ in marks if s <= start and end <= e)
        piece = html.escape(text[start:end])
        parts.append(f'<mark class="{" ".join(kinds)}">{piece}</mark>' if kinds else piece)
        if labels := dict.fromkeys(label for (_, e), _, label in marks if e == end):
            parts.append(f"<sub>{html.escape(', '.join(labels))}</sub>")
    return "".join(parts)


def _told(mistake: Mapping[str, Any], text: str) -> str:
    def object_(item: Mapping[str, Any]) -> str:
        return f"{item['type']} {' -> '.join(repr(text[start:end]) for start, end in item['spans'])}"

    sides = [object_(mistake[side]) for side in ("gold", "predicted") if mistake[side]]
    return f"{mistake['kind'].replace('_', ' ')}: {', predicted '.join(sides)}"
