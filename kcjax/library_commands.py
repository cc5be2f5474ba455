"""`kcjax library VERB`: the commands of the schema library."""

import argparse
import difflib
import gc
import logging
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kcjax.arguments import Result, count, names, number
from kcjax.errors import InputError, WorkError

if TYPE_CHECKING:
    from kcjax.schema.library import SchemaLibrary


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """The verbs of `kcjax library`."""
    library = verbs.add_parser("library", help="the schema library").add_subparsers(required=True, metavar="VERB")

    def opened(*args: Any) -> argparse.ArgumentParser:
        p = verb(*args, library)
        p.add_argument("--library", help="the library file (default $KCJAX_LIBRARY, or library.kcjax in the cache)")
        return p

    p = verb("build", build, "build a library from a Wikidata dump, WordNet, or tables", library)
    add_dump_arguments(p)
    p.add_argument("--source", choices=("wordnet",), help="WordNet's nouns, fetched with npm where they are missing")
    p.add_argument("--merge", action="append", default=[], metavar="TABLE", help="ontology table, .tsv; repeatable")
    p.add_argument("--output", help="the file to write (default $KCJAX_LIBRARY, or library.kcjax in the cache)")
    p.add_argument("--min-instances", type=number, default=0, help="leave out classes with fewer (default 0)")
    p.add_argument("--concepts", metavar="FILE", help="keep only these classes: ids or labels, one a line")
    p.add_argument(
        "--exclude", type=names, metavar="IDS", help="roots below which classes are left out, comma-separated"
    )
    p.add_argument(
        "--event-roots", type=names, metavar="IDS", help="roots below which classes are events (default Q1656682)"
    )
    p.add_argument("--keep-unlinked", action="store_true", help="keep a table's classes that have no Wikidata id")
    p.add_argument("--min-support", type=count, default=5, help="claims that make a class a constraint (default 5)")
    p.add_argument(
        "--avoid", action="append", default=[], metavar="FILE", help="documents whose mentions are to be no examples"
    )

    opened("stats", stats, "count what the library holds")
    p = opened("show", show, "print a type's class and what is known of it")
    p.add_argument("name", help="class name, identifier such as Q515, or label")
    p = opened("search", search, "find types by words")
    p.add_argument("text")
    p.add_argument("--k", type=count, default=10, help="how many (default 10)")
    p.add_argument("--kind", choices=("entity", "relation", "event"))
    p.add_argument("--sentence", action="store_true", help="types that a sentence may have instances of")
    p = opened("subset", subset, "write some types as a schema file")
    p.add_argument("--types", type=names, default=[], help="comma-separated names, identifiers or labels")
    p.add_argument("--below", type=names, default=[], help="types to take with all that descend from them")
    p.add_argument("--kind", choices=("entity", "relation", "event"))
    p.add_argument("--output", required=True, help="schema.py or schema.json")
    p = opened("export", export, "write Entities.py, Relations.py and Events.py")
    p.add_argument("output", help="the folder to write")
    p = opened("audit", audit, "list examples of types that are mentions in evaluation files")
    p.add_argument("gold", nargs="+", help="annotated documents, JSONL")
    p.add_argument("--schema", help="audit this schema file instead of the library")


def add_dump_arguments(p: argparse.ArgumentParser) -> None:
    """The arguments of every command that reads a dump."""
    p.add_argument("--dump", action="append", default=[], help="Wikidata's JSON dump, .json, .gz or .bz2; repeatable")
    p.add_argument(
        "--ignore-references",
        action="append",
        default=[],
        metavar="TEXT",
        help="drop statements with it in a reference",
    )
    p.add_argument("--max-problems", type=number, default=100, help="unreadable lines that are tolerated (default 100)")
    p.add_argument("--parts", type=count, default=1, help="workers that share a file (default 1)")
    p.add_argument("--work", metavar="FOLDER", help="keep what was read of the dump there, to go on or read it again")


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
    from kcjax.corpus.document import mention_keys
    from kcjax.files import check_new_file
    from kcjax.schema.library import SUFFIX, SchemaLibrary, write_library
    from kcjax.schema.library_build import EVENT_ROOTS, EXCLUDED_ROOTS, LibraryBuilder, LibraryOptions
    from kcjax.schema.tables import read_table
    from kcjax.schema.wordnet import find_wordnet, read_wordnet

    output = args.output or default_library()
    if not output.endswith(SUFFIX):
        raise InputError(f"{output}: a library's name ends in {SUFFIX}; give --output=NAME{SUFFIX}")
    check_new_file(output)
    if not (args.dump or args.source or args.merge):
        raise InputError("nothing to build from; give --dump=FILE, --source=wordnet or --merge=TABLE")
    if not args.dump and (args.work or args.parts > 1 or args.ignore_references):
        raise InputError(
            "--work, --parts and --ignore-references are for reading a dump; give --dump=FILE, or leave them out"
        )
    options = LibraryOptions(
        min_instances=args.min_instances,
        concepts=frozenset(_lines(args.concepts)) if args.concepts else None,
        excluded_roots=EXCLUDED_ROOTS if args.exclude is None else tuple(args.exclude),
        event_roots=EVENT_ROOTS if args.event_roots is None else tuple(args.event_roots),
        keep_unlinked=args.keep_unlinked,
        min_support=args.min_support,
        avoid=mention_keys(args.avoid),
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
    for option, unknown in builder.unknown().items():
        logging.warning("--%s: the sources have no %s", option, ", ".join(unknown))
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
        if console.is_terminal:
            console.print(Syntax(item["code"], "python", background_color="default"))
        else:  # as it is in a prompt, tabs and all
            print(item["code"])
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

    console, rows = Console(), [tuple(map(str, item.values())) for item in found]
    if not console.is_terminal:
        print("\n".join(map("\t".join, rows)) or "nothing found")
        return {}
    table = Table(box=None)
    for title in ("type", "score", "description"):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table if found else "nothing found")
    return {}


def subset(args: argparse.Namespace) -> Result:
    from kcjax.files import check_new_file
    from kcjax.schema.source import write_schema
    from kcjax.schema.types import BASE_CLASSES

    check_new_file(args.output)
    library = _open(args)
    names = dict.fromkeys(_one(library, text) for text in args.types)
    for text in args.below:
        if text in BASE_CLASSES:
            names.update(dict.fromkeys(name for name in library.names() if library.is_a(name, text)))
        else:
            name = _one(library, text)
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
    from kcjax.corpus.document import mention_keys
    from kcjax.schema.library import open_types
    from kcjax.text import mention_key

    types = open_types(args.schema).by_name.values() if args.schema else _open(args).types()
    gold = mention_keys(args.gold)
    if not gold:
        raise InputError(f"{', '.join(args.gold)}: no annotations, so there is nothing to compare examples with")
    leaks: dict[str, list[Any]] = {}
    checked = 0
    for made in types:
        for example in made.examples:
            checked += 1
            mentions = (example,) if isinstance(example, str) else example
            if not gold.isdisjoint(map(mention_key, mentions)):
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
    """The types that a name, an identifier or a label stands for; an alias counts where nothing is called by it.

    Raises:
      InputError: there is none.
    """
    if text in library:
        return [text]
    if found := library.by_identifier(text) or library.by_identifier(text.upper()):
        return found
    found = library.by_label(text)
    own = [name for name in found if library.info(name)["label"].casefold() == text.casefold()]
    if not found:
        alike = difflib.get_close_matches(text, list(library.names()), n=5) if len(text) < 100 else []
        near = ", ".join(alike or [name for name, _ in library.search(text, k=5)]) or "none"
        raise InputError(f"the library has no type {text!r:.60}; near it: {near}")
    return own or found


def _one(library: "SchemaLibrary", text: str) -> str:
    """The one type that a name, an identifier or a label stands for.

    Raises:
      InputError: there is none, or more than one.
    """
    name, *others = _resolve(library, text)
    if others:
        raise InputError(f"{text!r} is the label of {', '.join([name, *others])}; give one of these")
    return name


def _lines(path: str) -> Iterator[str]:
    from kcjax.files import open_text

    with open_text(path) as file:
        for line in file:
            if text := line.decode("utf-8").strip():
                yield text
