"""What `dataset.json` says of releases fits the readers and the set, and a release is read through its set."""

import inspect
import json

import pytest

from kcjax.corpus.dataset import dataset_names, load_dataset
from kcjax.corpus.release import FORMS

RELEASES = [(name, release) for name in dataset_names() for release in load_dataset(name).releases]


@pytest.mark.parametrize(("name", "release"), RELEASES, ids=lambda value: getattr(value, "form", value))
def test_a_release_fits_its_reader_and_its_set(name, release):
    dataset = load_dataset(name)
    assert release.form in FORMS and release.checked in ("files", "documentation") and release.get
    assert set(release.files) <= set(dataset.splits) and set(release.lists) <= set(release.files)
    inspect.signature(FORMS[release.form]).bind([], prefix="x.dev", problems=None, **release.options)
    for option in ("tenths", "shares"):  # these name splits
        shared = release.options.get(option)
        assert not shared or set(shared) == set(release.files) or all(isinstance(v, dict) for v in shared.values())


def test_every_tenth_is_of_one_split():
    for _, release in RELEASES:
        if tenths := release.options.get("tenths"):
            assert sorted(number for numbers in tenths.values() for number in numbers) == list(range(10))


FEWREL = {"P26": [{"tokens": ["Ada", "wed", "Bo"], "h": ["ada", "Q1", [[0]]], "t": ["bo", "Q2", [[2]]]}]}
PHEE = {"text": [["after"]], "start": [[5]]}, {"text": [["Rash"]], "start": [[0]]}
MENTION = {"start": 0, "end": 1, "entity_type": "DNA"}
ONEIE = {"sent_id": "1-0", "tokens": ["Aro", "sleeps"], "entity_mentions": [MENTION]}
SETS = [
    ("semeval2010", "train", {"TRAIN_FILE.TXT": '1\t"The <e1>lid</e1> of a <e2>pot</e2>"\nComponent-Whole(e1,e2)\n'}),
    ("semeval2010", "test", {"TEST_FILE_FULL.TXT": '8001\t"A <e1>pot</e1>, <e2>it</e2>"\nOther\n'}),
    ("kbp37", "dev", {"dev.txt": '5\t"<e1> Ada </e1> of <e2> Aro </e2>"\nper:cities_of_residence(e1,e2)\n'}),
    ("fewrel", "dev", {"val_wiki.json": json.dumps(FEWREL), "pid2name.json": '{"P26": ["spouse", "x"]}'}),
    (
        "redocred",
        "dev",
        {
            "dev_revised.json": json.dumps(
                [
                    {
                        "sents": [["Ada"]],
                        "vertexSet": [[{"sent_id": 0, "pos": [0, 1], "type": "PER"}]],
                        "labels": [{"h": 0, "t": 0, "r": "P40"}],
                    }
                ]
            ),
            "rel_info.json": '{"P40": "child"}',
        },
    ),
    (
        "phee",
        "test",
        {
            "test.json": json.dumps(
                {
                    "id": "1",
                    "context": "Rash after it.",
                    "annotations": [
                        {"events": [{"event_type": "Adverse_event", "Trigger": PHEE[0], "Effect": PHEE[1]}]}
                    ],
                }
            )
        },
    ),
    (
        "genia_event",
        "dev",
        {
            "1.xml": '<a><sentence id="S1"><term sem="Virus" id="T1">HIV</term> binds</sentence><event id="E1">'
            '<type class="Binding"/><theme idref="T1"/><clue>HIV <clueType>binds</clueType></clue></event></a>'
        },
    ),
    (
        "bionlp13cg",
        "dev",
        {
            "devel/a.txt": "cells grow",
            "devel/a.a1": "T1\tCell 0 5\tcells\n",
            "devel/a.a2": "T2\tGrowth 6 10\tgrow\nE1\tGrowth:T2 Theme:T1\n",
        },
    ),
    ("genia_ner", "dev", {"dev.jsonlines": json.dumps(ONEIE)}),
    ("ace04", "dev", {"dev.jsonlines": json.dumps({**ONEIE, "entity_mentions": [{**MENTION, "entity_type": "PER"}]})}),
    ("litbank", "dev", {"entities/tsv/a.tsv": "She\tB-PER\nran\tO\n", "events/tsv/a.tsv": "She\tO\nran\tEVENT\n"}),
    (
        "conll04",
        "dev",
        {
            "conll04.corp": "3\tPeop\t0\tO\tNNP\tAda\tO\tO\tO\n3\tLoc\t1\tO\tNNP\tAro\tO\tO\tO\n\n0\t1\tLive_In\n",
            "dev.txt": "3\n",
        },
    ),
    (
        "conll04",
        "test",
        {
            "conll04_test.json": json.dumps(
                [{"tokens": ["Ada"], "entities": [{"type": "Peop", "start": 0, "end": 1}], "relations": []}]
            )
        },
    ),
    (
        "nyt",
        "dev",
        {
            "raw_valid.json": json.dumps(
                {
                    "sentText": "Ada of Aro",
                    "entityMentions": [{"label": "PERSON", "text": "Ada"}, {"label": "LOCATION", "text": "Aro"}],
                    "relationMentions": [{"em1Text": "Ada", "em2Text": "Aro", "label": "/people/person/place_lived"}],
                }
            )
        },
    ),
    ("ade", "dev", {"DRUG-AE.rel": "1|Itch after amox.|Itch|0|4|amox|11|15\n"}),
    (
        "scierc",
        "dev",
        {
            "dev.json": json.dumps(
                {
                    "doc_key": "a",
                    "sentences": [["Trees", "parse"]],
                    "ner": [[[0, 0, "Method"], [1, 1, "Task"]]],
                    "relations": [[[0, 0, 1, 1, "USED-FOR"]]],
                }
            )
        },
    ),
    ("gids", "dev", {"dev.tsv": "/m/1\t/m/2\tAda\tAro\t/people/person/place_of_birth\tAda of Aro ###END###\n"}),
    (
        "casie",
        "dev",
        {
            "annotation/1.json": json.dumps(
                {
                    "content": "Data stolen",
                    "cyberevent": {
                        "hopper": [
                            {
                                "events": [
                                    {
                                        "subtype": "Databreach",
                                        "nugget": {"startOffset": 5, "endOffset": 11, "text": "stolen"},
                                        "argument": [
                                            {
                                                "startOffset": 0,
                                                "endOffset": 4,
                                                "text": "Data",
                                                "role": {"type": "Compromised-Data"},
                                            }
                                        ],
                                    }
                                ]
                            }
                        ]
                    },
                }
            ),
            "annotation/2.json": "not of the list",
            "dev.txt": "1\n",
        },
    ),
    (
        "wikievents",
        "dev",
        {
            "dev.jsonl": json.dumps(
                {
                    "doc_id": "a",
                    "sentences": [[[["Ada"], ["died"]], "Ada died"]],
                    "entity_mentions": [{"id": "T1", "start": 0, "end": 1, "entity_type": "PER"}],
                    "event_mentions": [
                        {
                            "id": "E1",
                            "event_type": "Life.Die.Unspecified",
                            "trigger": {"start": 1, "end": 2},
                            "arguments": [{"entity_id": "T1", "role": "Victim"}],
                        }
                    ],
                }
            )
        },
    ),
    (
        "rams",
        "dev",
        {
            "dev.jsonlines": json.dumps(
                {
                    "doc_key": "a",
                    "sentences": [["Ada", "died"]],
                    "evt_triggers": [[1, 1, [["life.die.n/a", 1.0]]]],
                    "gold_evt_links": [[[1, 1], [0, 0], "evt089arg01victim"]],
                }
            )
        },
    ),
]


@pytest.mark.parametrize(("name", "split", "files"), SETS, ids=[f"{name}.{split}" for name, split, _ in SETS])
def test_a_release_is_read_through_its_set(tmp_path, name, split, files):
    """The release lies in a folder of the set's name; types and roles are classes and roles of its schema."""
    for file, text in files.items():
        path = tmp_path / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    dataset = load_dataset(name)
    (document,) = dataset.documents(split, tmp_path)
    assert document.id.startswith(f"{name}.{split}.")
    assert document.entities or document.events
    known = {*dataset.full_schema.by_name, "Entity"}
    assert {item.type for item in (*document.entities, *document.relations, *document.events)} <= known
    assert all(document.text[mention.start : mention.end] == mention.text for mention in document.mentions())
    for event in document.events:
        roles = {role.name for role in dataset.full_schema.by_name[event.type].roles}
        assert {argument.role for argument in event.arguments} <= roles
