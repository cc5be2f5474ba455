"""Text in, objects with offsets out.

from kcjax import Extractor
extractor = Extractor.from_pretrained("path/to/model")
for extraction in extractor.extract(["The ferry Orion left Bergen."], "schema.py"):
    print(extraction.status, extraction.entities)
"""

import bisect
import functools
import itertools
import logging
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import jax
from jax.sharding import Mesh

from kcjax.corpus.document import Document
from kcjax.corpus.prompt import STYLES, TASKS, Prompt, Task, few_shot_prompt, following_prompt, types_of
from kcjax.corpus.response import Call
from kcjax.corpus.spans import Policy
from kcjax.corpus.tokenizer import Tokenizer, load_tokenizer
from kcjax.decode.automaton import Automaton, Grammar
from kcjax.decode.generate import Generation, Generator
from kcjax.decode.language import response_language
from kcjax.decode.slots import Prefix
from kcjax.decode.strings import TextTooLong
from kcjax.decode.vocabulary import Vocabulary
from kcjax.errors import InputError
from kcjax.extract.extraction import Draft, Extraction
from kcjax.extract.questions import Question, Types, bundles, chosen, pieces
from kcjax.extract.windows import windows
from kcjax.model.huggingface import info_of, load_model
from kcjax.model.llama import Llama
from kcjax.model.lora import merge_lora
from kcjax.model.peft import load_peft_adapter
from kcjax.model.quantize import quantize_blocks
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import param_sharding
from kcjax.schema.code import KCJAX, Style, quoted
from kcjax.schema.library import Kind, SchemaLibrary, open_schema
from kcjax.schema.types import Schema
from kcjax.text import Span

Int8 = Literal["weights", "cache"]
K = TypeVar("K")
V = TypeVar("V")
_KINDS: dict[Task, Kind] = {"ner": "entity", "re": "relation", "ed": "event", "eae": "event"}
CHUNK = 8  # batches of texts that are run together
_LEAST = 32  # tokens that a prompt leaves for a text, however long it is
_AROUND = 24  # tokens around a text in its prompt
_REQUEST = 128  # tokens of the request for arguments, with its triggers
_WINDOWS = 64  # the most that a text is cut into
_LENGTHS = 4096  # of prompts; a library has others for every batch of texts
log = logging.getLogger(__name__)
_KEPT = 8  # prefixes, and grammars; argument extraction has one for every combination of event types


class Extractor:
    """A model and its tokenizer, ready to extract with any schema."""

    def __init__(
        self,
        model: Llama,
        tokenizer: Tokenizer,
        *,
        style: Style = KCJAX,
        max_new_tokens: int = 640,
        batch_size: int = 32,
        int8_cache: bool = False,
        mesh: Mesh | None = None,
    ):
        """
        Args:
          int8_cache, mesh: as of `Generator`.
        """
        self.tokenizer, self.style = tokenizer, style
        self.vocabulary = Vocabulary(tokenizer)
        self.generator = Generator(
            model, tokenizer, max_new_tokens=max_new_tokens, batch_size=batch_size, int8_cache=int8_cache, mesh=mesh
        )

    @classmethod
    def from_pretrained(
        cls,
        directory: str | Path,
        *,
        adapter: str | Path | None = None,
        dtype: str = "float32",
        max_new_tokens: int = 640,
        batch_size: int = 32,
        int8: Collection[Int8] = (),
        tensor: int = 1,
    ) -> "Extractor":
        """Loads a model directory: of Hugging Face, or made by `kcjax import` or `kcjax export`.

        Args:
          adapter: a PEFT directory with a LoRA adapter of that model, which is merged into it.
          int8: what is held in 8 bits: the "weights" of the blocks, the "cache" of keys and values.
          tensor: over how many devices the model is spread.
        """
        style = info_of(directory).prompt_style
        if style not in STYLES:
            raise InputError(f"{directory}/kcjax.json: prompt_style is {style!r}; known: {', '.join(STYLES)}")
        if tensor > (there := len(jax.devices())):
            raise InputError(f"tensor={tensor}: there are {there} devices; spread the model over no more than these")
        mesh = make_mesh({"tensor": tensor}, devices=jax.devices()[:tensor]) if tensor > 1 else None
        sharding_of = functools.partial(param_sharding, mesh=mesh) if mesh else None
        model = load_model(directory, dtype=dtype, param_dtype=dtype, sharding_of=sharding_of)
        if adapter is not None:
            load_peft_adapter(model, adapter)
            merge_lora(model)
        if "weights" in int8:
            quantize_blocks(model)
        return cls(
            model,
            load_tokenizer(directory),
            style=STYLES[style],
            max_new_tokens=max_new_tokens,
            batch_size=batch_size,
            int8_cache="cache" in int8,
            mesh=mesh,
        )

    @property
    def chunk_size(self) -> int:
        """How many texts are read, and run together, before any of their extractions is given."""
        return CHUNK * self.generator.batch_size

    def extract(
        self,
        texts: Iterable[str | Document],
        schema: Schema | SchemaLibrary | str | Path,
        *,
        tasks: Sequence[Task] | None = None,
        triggers: Literal["predicted", "gold"] = "predicted",
        comments: bool = True,
        types_per_text: int = 20,
        demonstrations: Sequence[Document] = (),
        grammar: bool = True,
        stop_bias: float = 0.0,
        threshold: Mapping[str, float] = MappingProxyType({}),
        window: int | None = None,
        occurrences: Policy = "nearest",
        typed_by_import: bool = False,
    ) -> Iterator[Extraction]:
        """Yields one extraction for every text, in order, reading the input lazily.

        Args:
          texts: strings, or documents whose ids and extra keys are kept.
          schema: types; or the path of a Python or JSON file with them, which is parsed and never run; or a library, or
            the path of one (`.kcjax`), to be asked for all it has. A schema that is too large for a prompt is asked in
            several. Of a library the types of each kind that are likeliest in a text, as many as `types_per_text`, are
            asked in up to `ASKED` prompts of as many types, which the texts that are run together share; extractions
            count as `unasked` the types that are in none of them.
          tasks: of "ner", "re", "ed", "eae"; None for all that the schema has types for.
          triggers: "eae" fills the events that "ed" found, or those of the input documents ("gold", then without "ed").
          comments: whether the prompt has the types' descriptions and examples, as the model was trained to read.
          demonstrations: documents to show the model in the prompt, for one that has learnt phase 1 alone; what it
            writes then follows no grammar.
          grammar: whether the model writes nothing but objects of the schema with strings of the text.
          stop_bias: with the grammar, what is added to the logits of tokens that end a response: more than 0 for fewer
            objects, less for more.
          threshold: the confidence that objects must have, for names of types, and for "" as that of all others.
          window: the most tokens of a text that are read at once, None for as many as fit; a longer text is read in
            stretches of whole sentences, each beginning with the last sentence of the one before.
          occurrences: where strings that stand in a text several times are placed, see `corpus/spans.py`.
          typed_by_import: whether relations and arguments are asked for with the classes of their ends, as a model
            that was trained so knows them.

        Raises:
          InputError: the schema has no types for a task, or its prompt alone does not fit the model's context; or the
            tokenizer does not go with the grammar.
        """
        source = open_schema(schema) if isinstance(schema, (str, Path)) else schema
        if tasks is None:
            tasks = [t for t in TASKS if _has_types(source, t) and not (t == "ed" and triggers == "gold")]
        for task in tasks:
            if not _has_types(source, task):
                raise InputError(
                    f"there is no type to ask for in task {task}; add one to the schema, or leave the task out"
                )
        if triggers == "gold" and "ed" in tasks:
            raise InputError('the task "ed" finds triggers, so it does not go with gold ones; leave out one of the two')
        if triggers == "predicted" and "eae" in tasks and "ed" not in tasks:
            raise InputError('the task "eae" fills the events that "ed" finds; ask for "ed" too, or give gold triggers')
        prompt_of: Callable[..., Prompt] = functools.partial(following_prompt, typed_by_import=typed_by_import)
        if demonstrations:
            prompt_of = functools.partial(few_shot_prompt, demonstrations=demonstrations)
        prompt_of = functools.partial(prompt_of, comments=comments, style=self.style)
        grammars = _Grammars(self.vocabulary, self.style, typed_by_import) if grammar and not demonstrations else None
        tasks = sorted(tasks, key=TASKS.index)  # "re" links the entities of "ner", "eae" fills the events of "ed"
        job = _Job(self, prompt_of, grammars, stop_bias)
        whole: dict[Task, list[Types]] = {}
        if isinstance(source, Schema):  # which types "eae" asks for differs from text to text
            whole = {task: job.parts(task, source) for task in tasks if task != "eae"}
        numbered = (
            item if isinstance(item, Document) else Document(id=str(number), text=item)
            for number, item in enumerate(texts)
        )
        while chunk := list(itertools.islice(numbered, self.chunk_size)):
            if isinstance(source, Schema):
                types, asked = source, [whole] * len(chunk)
                unasked = [0] * len(chunk)
            else:
                types, asked, unasked = job.bundled(chunk, source, tasks, types_per_text, triggers)
            limit = min(window or self.generator.max_positions, job.room(tasks, types, asked))
            kwargs: dict[str, Any] = {"triggers": triggers, "occurrences": occurrences}
            drafts = [
                Draft(document, types, spans=job.spans(document.text, limit), unasked=count, **kwargs)
                for document, count in zip(chunk, unasked, strict=True)
            ]
            for task in tasks:
                job.run(task, drafts, [groups.get(task, []) for groups in asked])
            yield from (draft.finish(threshold, source.ancestors) for draft in drafts)


class _Job:
    """One stream of documents on its way through the model."""

    def __init__(
        self,
        extractor: Extractor,
        prompt_of: Callable[..., Prompt],
        grammars: "_Grammars | None",
        stop_bias: float,
    ):
        self.generator, self.tokenizer = extractor.generator, extractor.tokenizer
        self.prompt_of = prompt_of
        self.grammars, self.stop_bias = grammars, stop_bias
        self.prefixes: dict[str, Prefix] = {}
        self.lengths: dict[tuple[Task, str, Types], int] = {}

    def prefix_tokens(self, task: Task, schema: Schema, types: Types) -> int:
        """Of a prompt that asks for these types, as far as documents share it."""

        def count() -> int:
            triggers = [(types[0], "")] if task == "eae" else ()  # they are not in this part of the prompt
            prompt = self.prompt_of(task, schema, "", types=types, triggers=triggers).schema
            return 1 + len(self.tokenizer.encode(prompt, at_start=True))

        return _kept(self.lengths, (task, schema.hash, types), count, most=_LENGTHS)

    def split(self, task: Task, schema: Schema, types: Types) -> list[Types]:
        """The types in as many pieces as it takes for each to leave room for a text."""
        return pieces(types, lambda some: self.prefix_tokens(task, schema, some) <= 3 * self.generator.room(0) // 4)

    def parts(self, task: Task, schema: Schema) -> list[Types]:
        """All types of a task, in pieces.

        Raises:
          InputError: there is a type whose prompt alone leaves no room for a text.
        """
        tokens = functools.partial(self.prefix_tokens, task, schema)
        found = self.split(task, schema, tuple(each.name for each in types_of(task, schema)))
        if self.generator.room(tokens(longest := max(found, key=tokens))) < _LEAST:
            raise InputError(
                f"the prompt for {task} of {longest[0]} has {tokens(longest)} tokens, which with "
                f"{self.generator.max_new_tokens} new ones does not fit the model's context of "
                f"{self.generator.max_positions}; use no comments, or fewer new tokens"
            )
        if len(found) > 1:
            log.info("the schema is too large for one prompt: %s is asked in %d parts", task, len(found))
        return found

    def bundled(
        self, documents: Sequence[Document], library: SchemaLibrary, tasks: Sequence[Task], count: int, triggers: str
    ) -> tuple[Schema, list[dict[Task, list[Types]]], list[int]]:
        """What documents are asked of a library: the types likeliest in each, `count` of each kind, in bundles.

        Returns:
          a schema of all types asked for, of each document its bundles for each task, and how many of the types likely
          in it are in none of them.
        """
        wanted = {
            task: [[name for name, _ in library.retrieve(each.text, k=count, kind=_KINDS[task])] for each in documents]
            for task in tasks
            if task != "eae"
        }
        given = [event.type for each in documents for event in each.events if triggers == "gold"]
        grouped = {task: bundles(names, count) for task, names in wanted.items()}
        names = [name for groups in grouped.values() for group in groups for name in group]
        schema = library.schema(dict.fromkeys([*names, *(name for name in given if name in library)]))
        asked: list[dict[Task, list[Types]]] = [{} for _ in documents]
        unasked = [0] * len(documents)
        for task, groups in grouped.items():
            for number, names in enumerate(wanted[task]):
                found, lacking = chosen(names, groups)
                asked[number][task] = [types for group in found for types in self.split(task, schema, group)]
                unasked[number] += lacking
        return schema, asked, unasked

    def room(self, tasks: Sequence[Task], schema: Schema, asked: Sequence[Mapping[Task, Sequence[Types]]]) -> int:
        """Tokens that a text may have after the longest of the prompts."""
        groups = {(task, types) for each in asked for task, some in each.items() for types in some}
        longest = max((self.prefix_tokens(task, schema, types) for task, types in groups), default=0)
        return max(_LEAST, self.generator.room(longest) - (_REQUEST if "eae" in tasks else 0) - _AROUND)

    def spans(self, text: str, limit: int) -> list[Span]:
        """The stretches of a text that are asked about: the whole, if it has no more tokens than that."""
        if len(quoted(text).encode()) <= limit:  # no token is less than a byte
            return [(0, len(text))]
        count = lambda texts: [len(tokens) for tokens in self.tokenizer.encode_batch([quoted(t) for t in texts])]
        try:
            return [(0, len(text))] if count([text])[0] <= limit else windows(text, limit, count)
        except InputError:  # a character that the tokenizer has no token for, which is told where it is asked about
            return [(0, len(text))]

    def run(self, task: Task, drafts: Sequence[Draft], asked: Sequence[Sequence[Types]]) -> None:
        """Adds to each draft what the model finds in this task; prompts that begin alike are run together."""
        groups: dict[str, list[tuple[Draft, Question, list[int]]]] = {}
        for draft, types in zip(drafts, asked, strict=True):
            if len(draft.spans) > _WINDOWS:
                draft.note(task, "too_long", f"the text is of {len(draft.spans)} stretches, {_WINDOWS} are the most")
                continue
            for question in draft.questions(task, types, functools.partial(self.split, task, draft.schema)):
                prompt = draft.prompt(question, self.prompt_of)
                try:
                    tokens = self.tokenizer.encode(prompt.sentence)
                except InputError as error:  # a character that this tokenizer has no token for
                    draft.note(task, "error", str(error))
                    continue
                groups.setdefault(prompt.schema, []).append((draft, question, tokens))
        for schema_prompt, members in groups.items():
            try:
                prefix = self.prefix(task, schema_prompt)
            except InputError as error:
                for draft, _, _ in members:
                    draft.note(task, "too_long", str(error))
                continue
            room = self.generator.room(int(prefix.length))
            fitting: list[tuple[Draft, Question]] = []
            prompts: list[list[int]] = []
            automata: list[Automaton] | None = [] if self.grammars else None
            for draft, question, tokens in members:
                if len(tokens) > room:
                    draft.note(task, "too_long", f"the sentence has {len(tokens)} tokens, the context leaves {room}")
                    continue
                if self.grammars and automata is not None:
                    try:
                        automata.append(self.grammars.automaton(draft.schema, question))
                    except TextTooLong as error:
                        draft.note(task, "too_long", str(error))
                        continue
                fitting.append((draft, question))
                prompts.append(tokens)
            generations = self.generator.generate(prefix, prompts, automata, stop_bias=self.stop_bias)
            for (draft, question), generation in zip(fitting, generations, strict=True):
                self.read(draft, question, generation)

    def prefix(self, task: Task, schema_prompt: str) -> Prefix:
        def make() -> Prefix:
            tokens = [self.tokenizer.bos_id, *self.tokenizer.encode(schema_prompt, at_start=True)]
            if self.generator.room(len(tokens)) < 1:
                raise InputError(
                    f"the schema's prompt for {task} has {len(tokens)} tokens, which with "
                    f"{self.generator.max_new_tokens} new ones does not fit the model's context of "
                    f"{self.generator.max_positions}"
                )
            return self.generator.prefill(tokens)

        return _kept(self.prefixes, schema_prompt, make)

    def read(self, draft: Draft, question: Question, generation: Generation) -> None:
        """Parses a response and places its objects in the text."""
        response = self.tokenizer.decode(generation.tokens)
        broken_off = "" if generation.finished else f"{self.generator.max_new_tokens} new tokens were not enough"
        draft.overruled += generation.overruled
        confidence = _confidence(response, generation, self.tokenizer)
        draft.read(question, response, broken_off=broken_off, confidence=confidence)


class _Grammars:
    """The grammar of each question, made once for all texts that are asked it."""

    def __init__(self, vocabulary: Vocabulary, style: Style, typed_by_import: bool):
        self.vocabulary, self.style, self.typed_by_import = vocabulary, style, typed_by_import
        self.kept: dict[tuple[Task, str, Types | None], Grammar] = {}

    def automaton(self, schema: Schema, question: Question) -> Automaton:
        make = functools.partial(self._grammar, schema, question)
        # Where there are triggers, they differ from text to text.
        key = (question.task, schema.hash, question.types)
        grammar = make() if question.triggers else _kept(self.kept, key, make)
        return grammar.automaton(question.text)

    def _grammar(self, schema: Schema, question: Question) -> Grammar:
        language = response_language(
            question.task, schema, typed_by_import=self.typed_by_import, style=self.style, **question.asked
        )
        return Grammar(language, self.vocabulary, style=self.style)


def _kept(kept: dict[K, V], key: K, make: Callable[[], V], *, most: int = _KEPT) -> V:
    """What is kept under a key, made if it is not; the oldest of the most that are kept goes."""
    if key not in kept:
        made = make()
        if len(kept) == most:
            kept.pop(next(iter(kept)))
        kept[key] = made
    return kept[key]


def _has_types(source: Schema | SchemaLibrary, task: Task) -> bool:
    if isinstance(source, Schema):
        return bool(types_of(task, source))
    return source.stats[f"{_KINDS[task]}_types"] > 0


def _confidence(response: str, generation: Generation, tokenizer: Tokenizer) -> Callable[[Call], float]:
    """The probability the model gave to exactly the tokens of an object, each given what stands before it, of those
    that the grammar left open."""
    ends = list(itertools.accumulate(len(tokenizer.token_bytes(token)) for token in generation.tokens))

    def confidence(call: Call) -> float:
        start, end = (len(response[:character].encode(errors="replace")) for character in (call.start, call.end))
        first, last = bisect.bisect_right(ends, start), bisect.bisect_left(ends, end)
        return round(math.exp(sum(generation.logprobs[first : last + 1])), 6)

    return confidence
