"""KnowCoder's own training files of both phases, as examples: text as published, with what of it is learnt.

huggingface.co/datasets/golaxy/KnowCoder-Schema-Understanding-Data (`schema-definition-codes/*_pt.json`,
`schema-instance-codes/*.json`) and golaxy/KnowCoder-Schema-Following-Data (`instruction-tuning/*/train-prompt.json`).
The fields are those that ICT-GoKnow/KnowCoder reads: phase 1 `{"text"}` (`pretrain/feeder.py`), phase 2 `{"sentence",
"one-stage": {"zero-shot": {"prompt"}, "output"}}` (`sft/data/example_data`), or `{"input", "output"}` (`feeder.py`).
"""

import re

from kcjax.corpus.convert.rows import Row, field
from kcjax.corpus.example import Example
from kcjax.corpus.prompt import SYSTEM, Task
from kcjax.errors import InputError

_IMPORT = re.compile(r"^from \w+ import (.+)$", re.MULTILINE)
_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)  # the base classes have no brackets
_OPENINGS: dict[str, Task] = {"entities": "ner", "relations": "re", "events": "eae"}
_REQUEST = re.compile(r'^"""\nThis is an object-oriented programming task: [Ss]ome (Entity|Relation|Event) Class', re.M)
_TASKS: dict[str, Task] = {"Entity": "ner", "Relation": "re", "Event": "ed"}
_SENTENCE = 'sentence = "'
_TRIGGERS = "the triggers of the events are confirmed"


def understanding_example(row: Row) -> Example:
    """An example of phase 1, learnt as a whole.

    Raises:
      InputError: the text is missing.
    """
    text = field(row.value, "text", str, row.where)
    opening = re.match(r"# Extract the (entities|relations|events) from the following sentence\.", text)
    if not opening and not _CLASS.search(text):
        raise InputError(f"{row.where}: neither classes nor objects; is this a file of another form?")
    if not opening:
        return Example(row.id, ((text, True),), "definition", tuple(dict.fromkeys(_CLASS.findall(text))))
    named = [name for names in _IMPORT.findall(text) for name in re.findall(r"\w+", names) if name != "Entity"]
    return Example(row.id, ((text, True),), _OPENINGS[opening[1]], tuple(dict.fromkeys(named)))


def following_example(row: Row) -> Example:
    """An example of phase 2: system text, query and response joined as they train on them, the response learnt.

    The prompt is cut before the sentence, in argument extraction before the request, so that what does not differ from
    sentence to sentence is one part.

    Raises:
      InputError: a field is missing, or the query holds no request.
    """
    if "one-stage" in row.value:
        stage = field(row.value, "one-stage", dict, row.where)
        where = f"{row.where}: one-stage"
        query = field(field(stage, "zero-shot", dict, where), "prompt", str, f"{where}.zero-shot")
        response = field(stage, "output", str, where)
    else:
        query, response = (field(row.value, key, str, row.where) for key in ("input", "output"))
    request = _REQUEST.search(query)
    sentence = query.find(_SENTENCE, request.end()) if request else -1
    if not request or sentence < 0:
        raise InputError(f"{row.where}: the query has no request or no sentence; is this a file of another form?")
    task = _TASKS[request[1]]
    cut = sentence
    if _TRIGGERS in query[request.end() : sentence]:
        task, cut = "eae", request.start()
    parts = (f"{SYSTEM}\nInput:\n{query[:cut]}", False), (f"{query[cut:]}\nOutput:\n", False), (response, True)
    asked = tuple(dict.fromkeys(_CLASS.findall(query, 0, request.start())))
    return Example(row.id, parts, task, asked)
