"""`kcjax library VERB`: the commands of the schema library."""

import argparse
import gc
import logging
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kcjax.errors import InputError, WorkError

if TYPE_CHECKING:
    from kcjax.schema.library import SchemaLibrary

Result = dict[str, Any]


def default_library() -> str:
    """`$KCJAX_LIBRARY`, or `library.kcjax` in the cache."""
    from kcjax.files import cache_dir

    return os.environ.get("KCJAX_LIBRARY") or str(cache_dir() / "library.kcjax")


def build(args: argparse.Namespace) -> Result:
    gc.disable()  # looking through millions of rows for cycles, of which there are none, takes a quarter of the time
    try:
        return _build(args)
    finally:
        gc.enable()


def _build(args: argparse.Namespace) -> Result:
    from kcjax.files import check_new_file
    from kcjax.schema.library import SchemaLibrary, write_library
    from kcjax.schema.library_build import EVENT_ROOTS, EXCLUDED_ROOTS, LibraryBuilder, LibraryOptions
    from kcjax.schema.tables import read_table
    from kcjax.schema.wordnet import find_wordnet, read_wordnet

    output = args.output or default_library()
    check_new_file(output)
    if not (args.dump or args.source or args.merge):
        raise InputError("nothing to build from; give --dump=FILE, --source=wordnet or --merge=TABLE")
    options = LibraryOptions(
        min_instances=args.min_instances,
        concepts=frozenset(_lines(args.concepts)) if args.concepts else None,
        excluded_roots=EXCLUDED_ROOTS if args.exclude is None else _ids(args.exclude),
        event_roots=EVENT_ROOTS if args.event_roots is None else _ids(args.event_roots),
        keep_unlinked=args.keep_unlinked,
        min_support=args.min_support,
        avoid=frozenset(mention for path in args.avoid for mention in _gold_mentions(path)),
    )
    tables = [told for path in args.merge for told in read_table(path)]
    builder = LibraryBuilder(options)
    report: Result = {}
    if args.dump:
        from pipelines.schema_library import read_dumps

        report = read_dumps(args, builder, [fact.id for _, fact in tables if ":" not in fact.id])
    if args.source:
        for synset in read_wordnet(find_wordnet()):
            builder.add(synset, source="wordnet")
    for source, fact in tables:
        builder.add(fact, source=source)
    logging.info("building the library")
    write_library(output, builder.entries(), lambda: report | builder.told())
    library = SchemaLibrary(output)
    return {"library": str(output), **library.stats, "report": library.report}


def stats(args: argparse.Namespace) -> Result:
    library = _open(args)
    return {"library": str(library.path), **library.stats, "report": library.report}


def show(args: argparse.Namespace) -> Result:
    from kcjax.schema.code import definition

    library = _open(args)
    names = _resolve(library, args.name)
    found = [{"name": name, "code": definition(library[name], members=True), **library.info(name)} for name in names]
    for item in found:
        item["ancestors"], item["children"] = library.ancestors(item["name"]), library.children(item["name"])
    if args.json:
        return {"types": found}
    from rich.console import Console
    from rich.syntax import Syntax

    console = Console(soft_wrap=True)
    for item in found:
        console.print(Syntax(item["code"], "python", background_color="default"))
        for key in ("aliases", "sources", "instances", "ancestors", "children"):
            value = item[key]
            console.print(f"  {key}: {', '.join(value) if isinstance(value, list) else value}", highlight=False)
    return {}


def search(args: argparse.Namespace) -> Result:
    library = _open(args)
    ask = library.retrieve if args.sentence else library.search
    found = [
        {"name": name, "score": round(score, 3), "description": library[name].description}
        for name, score in ask(args.text, k=args.k, kind=args.kind)
    ]
    if args.json:
        return {"types": found}
    from rich.console import Console
    from rich.table import Table

    table = Table("type", "score", "description", box=None)
    for item in found:
        table.add_row(*map(str, item.values()))
    Console().print(table if found else "nothing found")
    return {}


def subset(args: argparse.Namespace) -> Result:
    from kcjax.files import check_new_file
    from kcjax.schema.source import write_schema

    check_new_file(args.output)
    library = _open(args)
    names = dict.fromkeys(name for text in args.types for name in _resolve(library, text))
    for text in args.below:
        for name in _resolve(library, text):
            names.update(dict.fromkeys([name, *library.descendants(name)]))
    schema = library.schema(name for name in names if args.kind in (None, library.kind(name)))
    if not schema.by_name:
        raise InputError("no type was chosen; give --types=City,Human or --below=Organization")
    write_schema(args.output, schema)
    counts = {f"{kind}": len(getattr(schema, kind)) for kind in ("entities", "relations", "events")}
    return {"schema": str(args.output), **counts}


def export(args: argparse.Namespace) -> Result:
    from kcjax.schema.library_export import export_library

    return {"folder": str(args.output), **export_library(_open(args), args.output)}


def audit(args: argparse.Namespace) -> Result:
    from kcjax.schema.source import read_schema

    types = read_schema(args.schema).by_name.values() if args.schema else _open(args).types()
    gold = {mention for path in args.gold for mention in _gold_mentions(path)}
    leaks: dict[str, list[Any]] = {}
    checked = 0
    for made in types:
        for example in made.examples:
            checked += 1
            mentions = (example,) if isinstance(example, str) else example
            if not gold.isdisjoint(mention.casefold() for mention in mentions):
                leaks.setdefault(made.name, []).append(example)
    result = {"examples": checked, "gold_mentions": len(gold), "leaks": sum(map(len, leaks.values())), "types": leaks}
    if leaks:
        few = "; ".join(f"{name}: {found[0]}" for name, found in list(leaks.items())[:5])
        raise WorkError(
            f"{result['leaks']} examples of {len(leaks)} types are gold mentions ({few}); build the library with "
            "--avoid=FILE, or take them out of the schema",
            result,
        )
    return result


def _open(args: argparse.Namespace) -> "SchemaLibrary":
    from kcjax.schema.library import SchemaLibrary

    return SchemaLibrary(args.library or default_library())


def _resolve(library: "SchemaLibrary", text: str) -> list[str]:
    """The types that a name, an identifier or a label stands for.

    Raises:
      InputError: there is none.
    """
    found = [text] if text in library else library.by_identifier(text) or library.by_label(text)
    if not found:
        near = ", ".join(name for name, _ in library.search(text, k=5)) or "none"
        raise InputError(f"the library has no type {text!r}; near it: {near}")
    return found


def _gold_mentions(path: str) -> Iterator[str]:
    """What documents have for mentions, triggers and arguments, casefolded."""
    from kcjax.corpus.document import read_documents

    for document in read_documents(path):
        yield from (mention.text.casefold() for mention in document.entities)
        for event in document.events:
            yield event.trigger.text.casefold()
            yield from (argument.text.casefold() for argument in event.arguments)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(id for id in text.split(",") if id)


def _lines(path: str) -> Iterator[str]:
    from kcjax.files import open_text

    with open_text(path) as file:
        for line in file:
            if text := line.decode("utf-8").strip():
                yield text
