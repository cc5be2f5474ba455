"""`kcjax prompt`, `grammar` and `parse`: extraction by an engine that is not ours; none of them needs JAX."""

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kcjax.arguments import TASKS, Result
from kcjax.errors import InputError

if TYPE_CHECKING:
    from kcjax.extract.extraction import Draft

FORMATS = ("lark",)


def add(verb: Callable[..., argparse.ArgumentParser]) -> None:
    p = verb("prompt", prompt, "the exact prompt for a text, for another engine to complete")
    _add_question(p)
    p.add_argument("--without-comments", action="store_true", help="leave the docstrings out")
    p.add_argument(
        "--style", choices=("kcjax", "knowcoder"), default="kcjax", help="`prompt_style` of the model's kcjax.json"
    )
    p = verb("grammar", grammar, "the grammar of the responses to such a prompt, for engines that decode by one")
    _add_question(p)
    p.add_argument("--format", choices=FORMATS, default="lark", help="llguidance's dialect of Lark (default)")
    p.add_argument("--any-string", action="store_true", help="strings need not be words of the text")
    p = verb("parse", parse, "the objects in an engine's responses, with character offsets")
    p.add_argument("--schema", required=True, help="Python or JSON file with the types, parsed and never run")
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", help="one text, with --task and --response")
    source.add_argument("--input", help='JSONL with `text`, if wanted `id`, and `raw`: {"ner": RESPONSE, ...}')
    p.add_argument("--task", choices=TASKS)
    p.add_argument("--response", help="what the engine wrote; - for standard input")
    p.add_argument("--output", help="JSONL, one row a document, in the same order (with --input)")
    p.add_argument("--triggers", choices=("predicted", "gold"), default="predicted", help="whose events get arguments")


def _add_question(p: argparse.ArgumentParser) -> None:
    p.add_argument("--schema", required=True, help="Python or JSON file with the types, parsed and never run")
    p.add_argument("--task", choices=TASKS, required=True)
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", help="one text; what is asked for is all that is printed")
    source.add_argument(
        "--input", help="JSONL with `text` and, if wanted, `id`; eae asks for the arguments of `events`"
    )
    p.add_argument("--output", help="JSONL, one row a document, in the same order (with --input)")


def prompt(args: argparse.Namespace) -> Result:
    import functools

    from kcjax.corpus.prompt import STYLES, following_prompt

    how = functools.partial(following_prompt, comments=not args.without_comments, style=STYLES[args.style])

    def row(draft: "Draft") -> dict[str, Any] | None:
        if (question := next(iter(draft.questions(args.task)), None)) is None:
            return None
        found = draft.prompt(question, how)
        return {"prompt": found.schema + found.sentence, "shared_characters": len(found.schema)}

    return _answer(args, row, "prompt")


def grammar(args: argparse.Namespace) -> Result:
    from kcjax.corpus.grammar import lark_grammar

    def row(draft: "Draft") -> dict[str, Any] | None:
        if (question := next(iter(draft.questions(args.task)), None)) is None:
            return None
        text = None if args.any_string else question.text
        return {"grammar": lark_grammar(args.task, draft.schema, text=text, **question.asked)}

    return _answer(args, row, "grammar")


def _answer(args: argparse.Namespace, row: Callable[["Draft"], dict[str, Any] | None], key: str) -> Result:
    """Prints what belongs to one text, or writes a row for every document: empty where there is nothing to ask."""
    from kcjax.corpus.document import Document, read_documents
    from kcjax.extract.extraction import Draft
    from kcjax.files import check_new_file, write_jsonl
    from kcjax.schema.library import open_types

    schema = open_types(args.schema)
    if args.text is not None:
        if args.task == "eae":
            raise InputError("task eae asks for the arguments of known events; give these with --input")
        found = row(Draft(Document("0", args.text), schema))
        assert found is not None
        if args.json:
            return found
        sys.stdout.write(found[key])
        return {}
    if not args.output:
        raise InputError("--input needs --output, the file to write")
    check_new_file(args.output)
    asked = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal asked
        for document in read_documents(args.input):
            found = row(Draft(document, schema, triggers="gold"))
            asked += found is not None
            yield {"id": document.id, "task": args.task, **(found or {key: ""})}

    return {"documents": write_jsonl(args.output, rows()), "asked": asked, "output": args.output}


def parse(args: argparse.Namespace) -> Result:
    from collections import Counter

    from kcjax.corpus.document import Document, read_documents
    from kcjax.corpus.prompt import TASKS
    from kcjax.extract.extraction import Draft, Extraction
    from kcjax.extract.questions import Question
    from kcjax.files import check_new_file, write_jsonl
    from kcjax.schema.library import open_types

    schema = open_types(args.schema)

    def read(document: Document, raw: Any, where: str) -> Extraction:
        if not isinstance(raw, dict) or not all(isinstance(text, str) for text in raw.values()):
            raise InputError(f'{where}: raw must be an object of responses by task, such as {{"ner": "results = []"}}')
        if unknown := raw.keys() - set(TASKS):
            raise InputError(f"{where}: raw has the task {min(unknown)!r}; known: {', '.join(TASKS)}")
        draft = Draft(document, schema, triggers=args.triggers)
        for task in TASKS:
            if task in raw:
                draft.read(Question(task, document.text), raw[task])
        return draft.finish()

    if args.text is not None:
        if args.task is None or args.response is None:
            raise InputError("--text needs --task and --response")
        response = sys.stdin.read() if args.response == "-" else args.response
        return read(Document("0", args.text), {args.task: response}, "--response").to_json()
    if not args.output or args.task or args.response is not None:
        raise InputError("--input needs --output, and takes tasks and responses from the rows")
    check_new_file(args.output)
    statuses: Counter[str] = Counter()
    lost: Counter[str] = Counter()

    def rows() -> Iterator[dict[str, Any]]:
        for number, document in enumerate(read_documents(args.input), start=1):
            extra = dict(document.extra)
            found = read(
                Document(document.id, document.text, events=document.events, extra=extra),
                extra.pop("raw", None),
                f"{args.input}: document {number} ({document.id})",
            )
            statuses[found.status] += 1
            lost.update({kind: getattr(found, kind) for kind in ("hallucinated", "off_schema", "repeated", "cleaned")})
            yield found.to_json()

    count = write_jsonl(args.output, rows())
    return {"documents": count, "status": dict(statuses), **lost, "output": args.output}
