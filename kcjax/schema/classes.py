"""Schemas as the classes of a program: plain classes, dataclasses and pydantic models, read and made.

What is read of a class is what `kcjax.schema.source` would read of its source, except that comments are gone and an
escaped newline in a docstring is a newline. Nothing of the class is called. The parents of a class count even where
they are not given themselves, and its methods and other members are the program's own business.
"""

import ast
import dataclasses
import functools
import graphlib
import inspect
import re
import sys
import types
import typing
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Any, ClassVar, Literal

from kcjax.errors import InputError
from kcjax.schema.code import KCJAX, check_type, examples_text, plain_text, referenced
from kcjax.schema.source import FoundClass, TypeReader, sections
from kcjax.schema.types import BASE_CLASSES, CLEANUPS, AnyType, EntityType, EventType, RelationType, Schema

Form = Literal["plain", "dataclass", "pydantic"]

_NO_PARENTS = ("abc", "builtins", "pydantic", "typing", "typing_extensions")
_NO_FIELD = re.compile(r"\s*(\w+\.)*(ClassVar|KW_ONLY)\b")
_MODULE = f"{__name__}.made"  # no module, so who looks up a name in it finds none by mistake
_UNDEFINED = "A class that a schema names and does not define."
_KINDS: dict[type, str] = {EntityType: "Entity", RelationType: "Relation", EventType: "Event"}


class Entity:
    """The base class for all entities."""

    def __init__(self, name: str):
        self.name = name


class Relation:
    """The base class for all relations."""

    def __init__(self, head_entity: Entity, tail_entity: Entity):
        self.head_entity = head_entity
        self.tail_entity = tail_entity


class Event:
    """The base class for all events."""

    def __init__(self, trigger: str):
        self.trigger = trigger


def schema_from_classes(classes: Iterable[type]) -> Schema:
    """The schema that the classes define, its types in their order. Base classes among them are passed over.

        @dataclass
        class City:
            "Description: a town"
            name: str
        schema_from_classes([City])  # Schema((EntityType("City", description="a town"),))

    A class is a relation or an event if it has an ancestor called so, or else `head_entity` or `trigger`. A pydantic
    model may have `examples` (strings, or pairs for a relation) and `identifier` in the `json_schema_extra` of its
    `model_config`; an event that does not take its parents' roles names its own fields there, as `only_roles`.

    Raises:
      InputError: no class is given, two have one name, or a class is not a type.
    """
    return _ObjectReader().schema(classes)


def classes_from_schema(schema: Schema, *, form: Form = "plain") -> dict[str, type]:
    """A class for every type, by name, in the order of the schema; `schema_from_classes` reads the schema from them.

        made = classes_from_schema(read_schema("schema.py"), form="pydantic")
        Person, Voyage = made["Person"], made["Voyage"]
        voyage = Voyage(trigger="sailed", traveller=[Person(name="Ada")])
        assert voyage.traveller[0].name == "Ada"
        assert voyage.vessel == []  # a role is empty where nothing is given

    The base classes of plain classes and dataclasses are `Entity`, `Relation` and `Event` of this module; those of
    models are models. Classes that the schema names and does not define are made, empty, and not returned.

    Raises:
      InputError: a name is not an identifier or has a meaning for Python or pydantic; a class is its own ancestor, of
        two kinds, or has parents that Python cannot order; pydantic is asked for and not installed.
    """
    return _Maker(schema, form).classes()


class _Docstring(str):
    """The docstring of a class made here. Its text is for people; the parts are exact, whatever they hold."""

    description: str
    examples: tuple[Any, ...]


class _ObjectReader(TypeReader):
    def error(self, where: object, message: str) -> InputError:
        return InputError(message)

    def schema(self, classes: Iterable[type]) -> Schema:
        given: list[Any] = [*classes] if isinstance(classes, Iterable) else [None]
        for cls in given:
            if not isinstance(cls, type):
                raise InputError("classes must be given in a list, such as [City, Person], and nothing else")
        chosen = [cls for cls in dict.fromkeys(given) if not _is_base(cls)]
        if not chosen:
            raise InputError("no class is given; write one like `class City(Entity): pass`, and give it")
        self.classes, self.known = {}, {"Entity"}
        objects: dict[str, type] = {}
        for cls in (member for one in chosen for member in one.__mro__):
            name = cls.__name__
            if _is_base(cls) or objects.get(name) is cls:
                continue
            if name in objects:
                raise InputError(f"two classes are called {name}; rename one")
            objects[name] = cls
            self.classes[name] = self.read_class(cls)
            self.known.update([name, *self.classes[name].parents])
        schema = self.schema_of(self.classes[cls.__name__] for cls in chosen)
        for found in schema.by_name.values():
            check_type(found)
        return schema

    def read_class(self, cls: type) -> FoundClass:
        own = vars(cls)
        is_model = any(base.__name__ == "BaseModel" and _says_nothing(base) for base in cls.__mro__)
        found = FoundClass(cls.__name__, tuple(base.__name__ for base in cls.__bases__ if not _says_nothing(base)))
        self.read_docstring(found, own)
        arguments = None if is_model else self.arguments(found, own)
        fields: dict[str, Any] = _annotations(cls, is_model) if arguments is None else arguments
        found.has_init = arguments is not None
        found.fields = {field: self.types_in(found, field, hint) for field, hint in fields.items()}
        if "identifier" in own and (found.has_init or "identifier" not in fields):
            found.identifier = self.string(found, own["identifier"])
        methods = [name for name in own if name in CLEANUPS and _is_method(own[name])]
        for name in CLEANUPS:
            if name in own and name not in methods and name not in fields:
                raise InputError(f"class {found.name}: {name} is no method; write `@classmethod` and `def {name}(...)`")
        found.cleanups = tuple(methods)
        if is_model:
            self.read_config(found, cls)
        return found

    def read_docstring(self, found: FoundClass, own: Any) -> None:
        doc = own.get("__doc__")
        if isinstance(doc, _Docstring):
            found.description, found.values = doc.description, doc.examples or None
        elif isinstance(doc, str):
            # What @dataclass and NamedTuple write where there is none: `City(name: str)`, `City(name,)`.
            fields = r"(\*, )?(\w+: .*)?" if "__dataclass_fields__" in own else r"[\w, ]*"
            written = re.fullmatch(re.escape(found.name) + rf"\({fields}\)", doc, re.DOTALL)
            if not (written and ("__dataclass_fields__" in own or "_fields" in own)):
                found.description, found.examples = sections(doc.split("\n"))

    def arguments(self, found: FoundClass, own: Any) -> dict[str, Any] | None:
        """The hints in the class's own `__init__`; None if it has none, or one that takes anything."""
        init = own.get("__init__")
        if not isinstance(init, types.FunctionType):
            return None
        made = init.__code__.co_filename == "<string>" or str(init.__module__).startswith("pydantic.")
        if "__dataclass_fields__" in own and made:  # by @dataclass, of the fields
            return None
        parameters = list(inspect.signature(init).parameters.values())
        many = [p for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        if many and len(many) + 1 == len(parameters):
            return None
        if many or not parameters:
            raise InputError(f"class {found.name}: __init__ takes self and named arguments; name each of them")
        return {p.name: "Entity" if p.annotation is p.empty else p.annotation for p in parameters[1:]}

    def read_config(self, found: FoundClass, cls: type) -> None:
        """What `model_config` says of this class; pydantic puts there what the parents' say as well."""
        extra, *inherited = (_extra(base) for base in cls.__mro__)
        if not isinstance(extra, dict) or any(extra is other for other in inherited):
            return
        if "identifier" in extra:
            found.identifier = self.string(found, extra["identifier"])
        for key in ("examples", "only_roles"):
            if not isinstance(extra.get(key, []), list | tuple):
                raise InputError(f"class {found.name}: {key} in json_schema_extra must be a list")
        found.values = extra.get("examples", found.values)
        if "only_roles" in extra:
            fields, roles = found.fields or {}, extra["only_roles"]
            if not all(isinstance(role, str) and role in fields for role in roles):
                raise InputError(f"class {found.name}: only_roles names fields of the class itself; mend it")
            found.fields, found.has_init = {"trigger": ("Entity",), **{role: fields[role] for role in roles}}, True

    def string(self, found: FoundClass, value: object) -> str:
        if not isinstance(value, str):
            raise InputError(f'class {found.name}: the identifier must be a string, such as "Q5"')
        return value

    def types_in(self, found: FoundClass, field: str, hint: Any) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(self.named(hint))) or ("Entity",)
        except InputError as error:
            raise InputError(f"class {found.name}, field {field}: {error}") from error

    def named(self, hint: Any) -> Iterator[str]:
        """`hinted` for what a type hint is once it is evaluated; what is not is a string."""
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if isinstance(hint, str):
            yield from self.hinted(ast.Constant(hint))
        elif isinstance(hint, typing.ForwardRef):
            yield from self.named(hint.__forward_arg__)
        elif origin is Annotated:
            yield from self.named(inner[0])
        elif origin in (typing.Union, types.UnionType, list, Sequence) and inner:
            for one in inner:
                yield from self.named(one)
        elif hint is str:
            yield "Entity"
        elif isinstance(hint, type):
            if hint.__doc__ == _UNDEFINED:
                self.known.add(hint.__name__)
            if hint is not types.NoneType:
                yield hint.__name__
        elif hint is not None:
            raise self.error(hint, "a type hint is written `Person`, `Person | City` or `List[Person | City]`")

    def hinted(self, hint: ast.expr) -> Iterator[str]:
        match hint:
            case ast.Attribute(attr=name):
                yield name
            case ast.Subscript(
                value=ast.Name(id="Annotated") | ast.Attribute(attr="Annotated"), slice=ast.Tuple(elts=[inner, *_])
            ):
                yield from self.hinted(inner)
            case _:
                yield from super().hinted(hint)

    def checked(self, found: FoundClass, field: str, types: tuple[str, ...]) -> tuple[str, ...]:
        for name in types:
            if name not in self.known:
                where = f"class {found.name}, field {field}"
                raise InputError(f"{where}: the class {name} is not given; give it too, or write Entity")
        return types

    def items(self, found: FoundClass) -> tuple[str, ...]:
        if found.values is None:
            return super().items(found)
        if not all(isinstance(value, str) for value in found.values):
            raise InputError(f'class {found.name}: its examples must be strings, such as ["Riga", "Porto"]')
        return tuple(found.values)

    def pairs(self, found: FoundClass) -> tuple[tuple[str, str], ...]:
        if found.values is None:
            return super().pairs(found)
        for pair in found.values:
            if not (isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(end, str) for end in pair)):
                raise InputError(f'class {found.name}: its examples must be pairs, such as [("Ada", "Riga")]')
        return tuple((head, tail) for head, tail in found.values)


def _is_base(cls: type) -> bool:
    return _says_nothing(cls) or cls.__name__ in BASE_CLASSES


def _says_nothing(cls: type) -> bool:
    """Whether it is `object`, `ABC`, `BaseModel` or the like: they are how a class is made, not what it is."""
    module = sys.modules.get(cls.__module__)  # a class may be made in a module and not be of it
    return cls.__module__.split(".")[0] in _NO_PARENTS and getattr(module, cls.__name__, None) is cls


def _is_method(value: object) -> bool:
    return isinstance(value, classmethod | staticmethod | types.FunctionType)


def _extra(cls: type) -> Any:
    config = vars(cls).get("model_config")
    return config.get("json_schema_extra") if isinstance(config, dict) else None


def _annotations(cls: type, is_model: bool) -> dict[str, Any]:
    """The type hints of the class's own fields, as they are."""
    fields = {}
    for name, hint in inspect.get_annotations(cls).items():
        if isinstance(hint, str):
            is_field = not _NO_FIELD.match(hint)
        else:
            is_field = typing.get_origin(hint) is not ClassVar and hint is not ClassVar and hint is not KW_ONLY
        if is_field and not (is_model and name.startswith("_")):  # pydantic makes no field of that
            fields[name] = hint
    return fields


class _Maker:
    def __init__(self, schema: Schema, form: str):
        if form not in ("plain", "dataclass", "pydantic"):
            raise InputError(f"the form {form!r} is unknown; choose plain, dataclass or pydantic")
        self.schema, self.form = schema, form
        self.bases = _models() if form == "pydantic" else _PLAIN
        self.made = dict(self.bases)

    def classes(self) -> dict[str, type]:
        by_name = self.schema.by_name
        if len(by_name) < len(self.schema.entities) + len(self.schema.relations) + len(self.schema.events):
            raise InputError("two types of the schema have one name; rename one")
        needed: dict[str, list[str]] = {}
        bases: dict[str, set[str]] = {}  # of the classes that are named
        for t in by_name.values():
            self.check(t)
            hints = [name for name in referenced(t) if isinstance(by_name.get(name), EntityType | None)]
            needed[t.name] = [*t.parents, *hints]
            for name in hints:
                bases.setdefault(name, set()).add("Entity")
            for number, name in enumerate(t.parents):  # Python wants a class before its base among the parents
                after = set(BASE_CLASSES).intersection(t.parents[:number])
                bases.setdefault(name, set()).add("" if after else _KINDS[type(t)])
        try:
            order = [*graphlib.TopologicalSorter(needed).static_order()]
        except graphlib.CycleError as error:
            raise InputError(f"class {error.args[1][0]} is its own ancestor; remove one of the parents") from error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic's, of fields that share their name with a method
            for name in order:
                if name in by_name:
                    self.made[name] = self.make(by_name[name])
                elif name not in self.made:
                    base = bases[name].pop() if len(bases[name]) == 1 else ""
                    self.made[name] = _new(name, (self.bases[base],), {"__doc__": _UNDEFINED})
            if self.form == "pydantic":  # hints may name relations and events, which are made after
                for name in by_name:
                    self.made[name].model_rebuild(_types_namespace=self.made)  # type: ignore[attr-defined]
        return {name: self.made[name] for name in by_name}

    def check(self, t: AnyType) -> None:
        check_type(t)
        ancestors = self.schema.ancestors(t.name)
        kinds = {_KINDS[type(self.schema.by_name[name])] for name in ancestors if name in self.schema.by_name}
        if len(kinds := kinds | set(BASE_CLASSES).intersection(ancestors)) > 1:
            raise InputError(f"class {t.name} is both {' and '.join(sorted(kinds))}; choose other parents")
        for role in _roles(t):
            special = role.startswith("__") and role.endswith("__")
            if self.form == "pydantic":
                special = role.startswith("_") or (role.startswith("model_") and hasattr(self.bases[""], role))
            if special:
                raise InputError(f"class {t.name}: the role {role!r} is no name for a {self.form} field; rename it")

    def make(self, t: AnyType) -> type:
        hints: dict[str, Any] = {"name": str}
        if isinstance(t, RelationType):
            hints = {"head_entity": self.hint(t.head), "tail_entity": self.hint(t.tail)}
        elif isinstance(t, EventType):
            hints = {"trigger": str}
            lineage = (t.name,) if self.form != "pydantic" else self.schema.ancestors(t.name)  # a model has all fields
            for role in (r for name in reversed(lineage) for r in getattr(self.schema.by_name.get(name), "roles", ())):
                hints[role.name] = list[self.hint(role.types)]  # type: ignore[misc]
        roles = [name for name in hints if typing.get_origin(hints[name]) is list]
        parents = tuple(self.made[name] for name in t.parents or (_KINDS[type(t)],))
        members: dict[str, Any] = {"__doc__": self.docstring(t)}
        if self.form == "pydantic":
            members |= {"__annotations__": hints, "model_config": self.config(t), **{role: [] for role in roles}}
        else:
            members["__init__"] = _init(hints, roles)
        if self.form == "dataclass":
            members["__annotations__"] = hints
            members |= {role: dataclasses.field(default_factory=list) for role in roles}
        try:
            cls = _new(t.name, parents, members)
            if self.form == "dataclass":
                cls = dataclasses.dataclass(init=False)(cls)
        except (TypeError, ValueError, NameError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"class {t.name} cannot be made: {reason}; put a parent before its own ancestors, or rename the role"
            ) from error
        if t.identifier and self.form != "pydantic":
            cls.identifier = t.identifier  # type: ignore[attr-defined]
        for name in t.cleanups:  # now, since a role may be called so
            setattr(cls, name, _CLEANUP)
        return cls

    def hint(self, names: tuple[str, ...]) -> Any:
        return typing.Union[tuple(self.made.get(name, name) for name in names)]  # noqa: UP007

    def docstring(self, t: AnyType) -> str | None:
        lines = [plain_text(t.description, KCJAX)]
        if self.form != "pydantic":
            labelled = {"Description": lines[0], "Examples": examples_text(t, KCJAX)}
            lines = [f"{label}: {text}" for label, text in labelled.items() if text]
        if not any(lines):
            return None
        doc = _Docstring("\n".join(lines))
        doc.description, doc.examples = t.description, t.examples
        return doc

    def config(self, t: AnyType) -> dict[str, Any]:
        extra: dict[str, Any] = {"examples": [*t.examples]} if t.examples else {}
        if t.identifier:
            extra["identifier"] = t.identifier
        if isinstance(t, EventType) and any(name in self.schema.by_name for name in t.parents):
            extra["only_roles"] = _roles(t)
        return {"json_schema_extra": extra}


def _roles(t: AnyType) -> list[str]:
    return [role.name for role in t.roles] if isinstance(t, EventType) else []


def _new(name: str, parents: tuple[type, ...], members: dict[str, Any]) -> type:
    return types.new_class(name, parents, exec_body=lambda body: body.update(members, __module__=_MODULE))


def _init(hints: dict[str, Any], roles: list[str]) -> Callable[..., None]:
    """`__init__` with these arguments; roles are lists, empty where they are not given."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    arguments = [inspect.Parameter("self", kind)]
    for name, hint in hints.items():
        default: Any = [] if name in roles else inspect.Parameter.empty
        arguments.append(inspect.Parameter(name, kind, default=default, annotation=hint))
    signature = inspect.Signature(arguments)

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        given = signature.bind(self, *args, **kwargs).arguments
        for name in (*getattr(self, "__dataclass_fields__", ()), *hints):  # a dataclass has its parents' fields too
            setattr(self, name, given.get(name, []))

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    return __init__


_CLEANUP = classmethod(lambda cls, found: None)  # that it is there says it all; kcjax/extract does the work
_PLAIN: dict[str, type] = {"Entity": Entity, "Relation": Relation, "Event": Event, "": object}


@functools.cache
def _models() -> dict[str, type]:
    """The base classes as pydantic models."""
    try:
        from pydantic import BaseModel
    except ImportError as error:
        raise InputError("pydantic is not installed; `pip install pydantic`, or choose another form") from error
    entity = _new("Entity", (BaseModel,), {"__doc__": Entity.__doc__, "__annotations__": {"name": str}})
    ends = {"head_entity": entity, "tail_entity": entity}
    relation = _new("Relation", (BaseModel,), {"__doc__": Relation.__doc__, "__annotations__": ends})
    event = _new("Event", (BaseModel,), {"__doc__": Event.__doc__, "__annotations__": {"trigger": str}})
    return {"Entity": entity, "Relation": relation, "Event": event, "": BaseModel}
