"""Schema source: Python classes read into types with `ast`. Nothing of it is ever imported, evaluated or run.

Read are the forms of `kcjax.schema.code` and plain annotated fields (`head_entity: Person`, `traveller: list[Person]`).
"""

import ast
import dataclasses
import difflib
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kcjax.errors import InputError
from kcjax.files import atomic_write, open_text, read_json, write_json
from kcjax.schema.as_json import schema_from_json, schema_to_json
from kcjax.schema.code import ENTITY_BASE, EVENT_ARGUMENTS_BASE, EVENT_DETECTION_BASE, RELATION_BASE, schema_source
from kcjax.schema.types import BASE_CLASSES, CLEANUPS, EntityType, EventType, RelationType, Role, Schema

_BASE_DUMPS = frozenset(
    ast.dump(ast.parse(base).body[0])
    for base in (ENTITY_BASE, RELATION_BASE, EVENT_DETECTION_BASE, EVENT_ARGUMENTS_BASE)
)
_MOST_ANCESTORS = 1000
_LABEL = re.compile(r"(?i:(d)escription|examples?)[ \t]*:")  # however one writes them
_COMMENT = re.compile(r"\s*,?\s*#\s*Examples:(.*)")
_QUOTED = r'"((?:[^"]|"")*)"'
_ITEM = re.compile(rf"\s*(?:{_QUOTED}\s*(?=,|\Z)|([^,]*))(?:,|\Z)")
_END = rf"(?:\s*{_QUOTED}\s*|([^,()]*(?:\([^()]*\)[^,()]*)*))"  # with \s* on both sides of it, it would try too much
_PAIR = re.compile(rf"\s*\({_END},{_END}\)\s*(?:,|\Z)")


def read_schema(path: str | os.PathLike) -> Schema:
    """Reads a schema file, Python or JSON (`.json`), gzipped or not; errors as of the form's own reader."""
    if Path(path).name.endswith((".json", ".json.gz")):
        return schema_from_json(read_json(path), filename=os.fspath(path))
    with open_text(path) as file:
        data = file.read()
    try:
        return parse_schema(data.decode("utf-8-sig"), filename=os.fspath(Path(path)))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error}); save the file as UTF-8") from error


def check_schema_path(path: str | os.PathLike) -> str:
    """The suffix of a schema file to write; an `InputError` if it is none."""
    suffix = Path(path).suffix
    if suffix not in (".py", ".json"):
        raise InputError(f"{path}: the name of a schema file ends in .py or .json; choose another")
    return suffix


def write_schema(path: str | os.PathLike, schema: Schema) -> None:
    """Writes a schema file that `read_schema` reads back: JSON if the name ends in .json, Python if in .py.

    Raises:
      InputError: it ends in neither, or the types cannot stand in one schema.
    """
    if check_schema_path(path) == ".json":
        write_json(path, schema_to_json(schema))
        return
    source = schema_source(schema)
    with atomic_write(path) as file:
        file.write(source)


def parse_schema(source: str, *, filename: str) -> Schema:
    """Reads the classes in `source`, in their order. `filename` is for messages.

    A class is of the kind of the base class (Entity, Relation, Event) its parents lead to. Where they lead to a class
    that is not in the source, its shape tells: with `head_entity` it is a relation, with `trigger` an event, else an
    entity. Imports are not followed; the base classes may be there as kcjax writes them.

    Raises:
      InputError: the source is not Python, holds no class or more than imports and classes, or a class is not a type.
    """
    return _SourceReader(source, filename).schema()


@dataclasses.dataclass
class FoundClass:
    """A class as written. `fields` None: it says nothing of its fields, so it has its parents'.

    `values` are the examples where they are no text to be taken apart, which only class objects have.
    """

    name: str
    parents: tuple[str, ...]
    description: str = ""
    examples: str = ""
    fields: dict[str, tuple[str, ...]] | None = None
    has_init: bool = False
    identifier: str = ""
    cleanups: tuple[str, ...] = ()
    lineno: int = 0
    values: Sequence[Any] | None = None


class TypeReader:
    """Makes types of classes that a subclass of this has read, from source or from class objects."""

    classes: dict[str, FoundClass]
    known: set[str]  # what a type hint may name

    def error(self, where: object, message: str) -> InputError:
        raise NotImplementedError

    def schema_of(self, chosen: Iterable[FoundClass]) -> Schema:
        types = [self.type_of(found) for found in chosen]
        return Schema(
            tuple(t for t in types if isinstance(t, EntityType)),
            tuple(t for t in types if isinstance(t, RelationType)),
            tuple(t for t in types if isinstance(t, EventType)),
        )

    def hinted(self, hint: ast.expr) -> Iterator[str]:
        """The class names in a type hint: `A`, `A | B`, `List[A | B]`, `Optional[A]`, `Union[A, B]`, `"A"`, `str`."""
        match hint:
            case ast.Name(id=name):
                yield "Entity" if name == "str" else name
            case ast.Constant(value=None):
                pass
            case ast.Constant(value=str(text)):
                try:
                    inner = ast.parse(text.strip(), mode="eval").body
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    raise self.error(hint, f"{text!r:.60} is not a type hint; write class names") from None
                yield from self.hinted(ast.copy_location(inner, hint))
            case ast.BinOp(op=ast.BitOr()):  # a chain of many is as deep as it is long
                members: list[ast.expr] = []
                rest: ast.expr = hint
                while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.BitOr):
                    members.append(rest.right)
                    rest = rest.left
                for member in (rest, *reversed(members)):
                    yield from self.hinted(member)
            case ast.Subscript(value=ast.Name(id=outer) | ast.Attribute(attr=outer), slice=inner) if outer in (
                *("List", "list", "Sequence", "Optional", "Union"),
            ):
                for element in inner.elts if isinstance(inner, ast.Tuple) else [inner]:
                    yield from self.hinted(element)
            case _:
                raise self.error(hint, "a type hint is written `Person`, `Person | City` or `List[Person | City]`")

    def type_of(self, found: FoundClass) -> EntityType | RelationType | EventType:
        name = found.name
        fields: dict[str, tuple[str, ...]] = {}
        family = self.family(found)
        for member in reversed(family):  # the nearest says last
            if member.has_init:  # it takes these arguments and no others
                fields.clear()
            fields.update(member.fields or {})
        bases = {parent for member in family for parent in member.parents} & set(BASE_CLASSES)
        if not bases:
            there = {member.name for member in family}
            for parent in (parent for member in family for parent in member.parents if parent not in there):
                if near := difflib.get_close_matches(parent, BASE_CLASSES, n=1, cutoff=0.85):
                    raise self.error(found, f"class {name}: there is no class {parent}; is {near[0]} meant?")
            bases = {"Relation" if "head_entity" in fields else "Event" if "trigger" in fields else "Entity"}
        if len(bases) > 1:
            raise self.error(found, f"class {name} is both {' and '.join(sorted(bases))}; choose one parent")
        kind = bases.pop()
        for cleanup in found.cleanups:
            if kind not in CLEANUPS[cleanup]:
                raise self.error(found, f"class {name} is of kind {kind}, which {cleanup} does nothing for; remove it")
        common = (name, found.parents or (kind,), found.description)
        rest = (found.identifier, found.cleanups)
        if kind == "Event":
            fields.pop("trigger", None)
            roles = tuple(Role(role, self.checked(found, role, types)) for role, types in fields.items())
            return EventType(*common, self.items(found), roles, *rest)
        allowed = {"Entity": {"name"}, "Relation": {"head_entity", "tail_entity"}}[kind]
        if unknown := set(fields) - allowed:
            raise self.error(
                found,
                f"class {name} is of kind {kind}, which has no field {sorted(unknown)[0]!r} "
                f"(only {', '.join(sorted(allowed))}); remove it, or derive the class from another base",
            )
        if kind == "Entity":
            return EntityType(*common, self.items(found), *rest)
        ends = [self.checked(found, end, fields.get(end, ("Entity",))) for end in ("head_entity", "tail_entity")]
        return RelationType(*common, self.pairs(found), ends[0], ends[1], *rest)

    def family(self, found: FoundClass) -> list[FoundClass]:
        """The class and its ancestors in the source, nearest first."""
        family = {found.name: found}
        for member in (waiting := [found]):
            for parent in member.parents:
                if parent == found.name:
                    raise self.error(found, f"class {parent} is its own ancestor; remove one of the parents")
                if len(waiting) > _MOST_ANCESTORS:  # every class looks at all of its own
                    raise self.error(found, f"class {found.name} has more than {_MOST_ANCESTORS} ancestors; name fewer")
                if parent in self.classes and parent not in family:
                    family[parent] = self.classes[parent]
                    waiting.append(self.classes[parent])
        return waiting

    def checked(self, found: FoundClass, field: str, types: tuple[str, ...]) -> tuple[str, ...]:
        for name in types:
            if name not in self.known:
                raise self.error(
                    found,
                    f"class {found.name} names {name}, which is not defined here; "
                    f"write `class {name}(Entity): pass`, import it, or use Entity",
                )
        return types

    def items(self, found: FoundClass) -> tuple[str, ...]:
        """The examples of an entity or event type."""
        return tuple(_items(found.examples))

    def pairs(self, found: FoundClass) -> tuple[tuple[str, str], ...]:
        """The examples of a relation, `(head, tail), (head, tail)`."""
        pairs, position, text = [], 0, found.examples
        while text[position:].strip(" ,"):
            pair = _PAIR.match(text, position)
            if not pair:
                raise self.error(
                    found,
                    f"class {found.name}: cannot read the examples from {text[position : position + 40]!r} on; "
                    'write `(head, tail), (head, tail)`, a mention with a comma or bracket as "a, b"',
                )
            pairs.append((_bare(pair[1], pair[2]), _bare(pair[3], pair[4])))
            position = pair.end()
        return tuple(pairs)


class _SourceReader(TypeReader):
    def __init__(self, source: str, filename: str):
        self.filename = filename
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        self.lines = source.split("\n")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a doubtful escape such as "\d" is no concern of the schema
                self.tree = ast.parse(source)
        except SyntaxError as error:
            raise InputError(f"{filename}:{error.lineno or 1}: not valid Python: {error.msg}") from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise InputError(f"{filename}:1: not Python source: {str(error) or 'nested too deeply'}") from error

    def error(self, where: object, message: str) -> InputError:
        return InputError(f"{self.filename}:{getattr(where, 'lineno', 1)}: {message}")

    def schema(self) -> Schema:
        self.classes = {}
        imported: set[str] = set()
        for node in self.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ClassDef):
                if node.name in BASE_CLASSES:
                    if ast.dump(node) not in _BASE_DUMPS:
                        raise self.error(node, f"class {node.name} is a base class; rename yours, or leave it out")
                elif node.name in self.classes:
                    first = self.classes[node.name].lineno
                    raise self.error(node, f"class {node.name} is defined twice (first in line {first}); rename one")
                else:
                    self.classes[node.name] = self.read_class(node)
            elif not _is_string(node):
                raise self.error(node, "only imports and classes may stand in a schema; remove this statement")
        if not self.classes:
            raise InputError(f"{self.filename}:1: no class found; write one like `class City(Entity): pass`")
        named = {parent for found in self.classes.values() for parent in found.parents}
        self.known = {"Entity", *self.classes, *imported, *named}
        return self.schema_of(self.classes.values())

    def read_class(self, node: ast.ClassDef) -> FoundClass:
        if node.keywords or not all(isinstance(base, ast.Name) for base in node.bases):
            raise self.error(node, f"the parents of class {node.name} must be plain class names")
        for decorator in node.decorator_list:
            if not (isinstance(decorator, ast.Name) and decorator.id == "dataclass"):
                raise self.error(decorator, f"class {node.name}: only @dataclass may decorate a class; remove this one")
        parents = tuple(base.id for base in node.bases if isinstance(base, ast.Name))
        found = FoundClass(node.name, parents, lineno=node.lineno)
        cleanups: list[str] = []
        body = list(node.body)
        if _is_string(body[0]):
            found.description, found.examples = self.docstring(body.pop(0).value)  # type: ignore[attr-defined]
        for statement in body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found.fields = found.fields or {}
                self.add_field(found, statement.target.id, statement.annotation, statement)
            elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                found.fields, found.has_init = {}, True
                self.read_init(found, statement)
            elif isinstance(statement, ast.FunctionDef) and statement.name in CLEANUPS:
                cleanups.append(statement.name)  # known by its name; what stands in it is never run
            elif isinstance(statement, ast.Assign) and _names(statement.targets) == ["identifier"]:
                found.identifier = self.string(statement.value)
            elif not isinstance(statement, ast.Pass) and not _is_constant(statement):
                raise self.error(
                    statement,
                    f"class {node.name}: only a docstring, annotated fields, `identifier = ...`, __init__ and the "
                    f"clean-ups {', '.join(CLEANUPS)} may stand in a class; remove this (kcjax runs no code of a "
                    "schema)",
                )
        found.cleanups = tuple(dict.fromkeys(cleanups))
        return found

    def string(self, node: ast.expr) -> str:
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            raise self.error(node, 'the identifier must be a string, such as "Q5"')
        return node.value

    def read_init(self, found: FoundClass, init: ast.FunctionDef) -> None:
        arguments = init.args
        if arguments.posonlyargs or arguments.kwonlyargs or arguments.kwarg or arguments.defaults or not arguments.args:
            raise self.error(init, "__init__ takes self and named arguments without defaults")
        for argument in arguments.args[1:]:
            self.add_field(found, argument.arg, argument.annotation, argument)
        for statement in init.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="arg_names")], value=ast.List(elts=elements)):
                    for element in elements:
                        if not (isinstance(element, ast.Constant) and isinstance(element.value, str)):
                            raise self.error(element, 'arg_names must be a list of strings, such as ["agent", "place"]')
                        self.add_field(found, element.value, None, element)
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"))], value=ast.Name()):
                    pass
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"))))):
                    pass
                case _ if isinstance(statement, ast.Pass) or _is_constant(statement):
                    pass
                case _:
                    raise self.error(statement, "__init__ may only assign its arguments and call super().__init__")

    def add_field(self, found: FoundClass, name: str, hint: ast.expr | None, node: ast.AST) -> None:
        assert found.fields is not None
        if name in found.fields:
            raise self.error(node, f"class {found.name} has the field {name!r} twice; rename one")
        types = tuple(dict.fromkeys(self.hinted(hint))) if hint else ("Entity",)
        found.fields[name] = types or ("Entity",)
        if name == "trigger" and (comment := _COMMENT.match(_bytes_after(self.lines[node.end_lineno - 1], node))):  # type: ignore[attr-defined]
            found.examples = _unescaped(comment[1].strip(" \t"))

    def docstring(self, node: ast.Constant) -> tuple[str, str]:
        """Description and examples of a docstring. Lines are those of the file, so an escaped newline ends none."""
        segment = self.lines[node.lineno - 1 : node.end_lineno]
        segment[-1] = segment[-1].encode()[: node.end_col_offset].decode()
        segment[0] = segment[0].encode()[node.col_offset :].decode()
        raw = "\n".join(segment)
        quote = 3 if raw.startswith(('"""', "'''")) else 1
        lines = raw[quote:-quote].split("\n")
        if "\n".join(map(_unescaped, lines)) == node.value:
            description, examples = sections(lines)
            return _unescaped(description), _unescaped(examples)
        return sections(str(node.value).split("\n"))  # a raw or joined literal


def _names(targets: list[ast.expr]) -> list[str]:
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _bytes_after(line: str, node: ast.AST) -> str:
    """What stands after a node in the line it ends in; `ast` counts bytes."""
    return line.encode()[node.end_col_offset :].decode()  # type: ignore[attr-defined]


def _unescaped(raw: str) -> str:
    """Text as it stands between the quotes of a literal, its escapes resolved; as it is, if they cannot be."""
    if "\\" not in raw:
        return raw
    literal = re.sub(r'\\.|"', lambda match: '\\"' if match[0] == '"' else match[0], raw)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(f'"{literal}"')
    except (SyntaxError, ValueError):
        return raw


def sections(lines: list[str]) -> tuple[str, str]:
    """What follows `Description:` and `Examples:`; a line without a label continues the section before it."""
    sections: dict[str, list[str]] = {"Description": [], "Examples": []}
    current = "Description"
    for line in lines:
        line = line.strip(" \t")
        if label := _LABEL.match(line):
            current, line = "Description" if label[1] else "Examples", line[label.end() :].strip(" \t")
        if line:
            sections[current].append(line)
    return " ".join(sections["Description"]), " ".join(sections["Examples"])


def _items(text: str) -> Iterator[str]:
    """`Riga, "Porto, Portugal"` split at its commas; a comma at the end is no item."""
    position = 0
    while position < len(text):
        item = _ITEM.match(text, position)
        assert item is not None  # a bare item may be empty
        position = item.end()
        if item[1] is not None or item[2].strip():
            yield _bare(item[1], item[2])


def _bare(quoted: str | None, bare: str | None) -> str:
    """The item itself, of which one form was found."""
    return quoted.replace('""', '"') if quoted is not None else (bare or "").strip()
