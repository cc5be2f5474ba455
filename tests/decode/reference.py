"""The language of constrained responses in plain Python, slowly: every string of the sentence is tokenised with every
code that may follow it, and every rule is applied by going through all of them.

What it shares with the code under test is `language.py`, the graph of what may follow what, which is held against
llguidance and against gold responses elsewhere.
"""

import collections
import dataclasses
import itertools

from kcjax.decode.language import END, OBJECT, OPENING, Counted, Language, Option
from kcjax.decode.strings import MOST, NEAR
from kcjax.schema.code import quoted
from kcjax.text import boundaries


@dataclasses.dataclass(frozen=True)
class Candidate:
    """Tokens from one place where a token always ends to the next. Of those with a string: which, and at which token
    its closing quote is."""

    tokens: tuple[int, ...]
    option: Option
    string: str = ""
    closing: int = 0


@dataclasses.dataclass(frozen=True)
class Thread:
    """One way to read the response so far: at `node`, after the tokens `path` of some candidates."""

    node: int | str
    path: tuple[int, ...] = ()
    group: tuple = ()
    times: int = 1
    head_times: int = 1
    used_up: int = 0
    closed: bool = False
    strings: tuple[tuple[tuple, str], ...] = ()  # those written: group and string


class Reference:
    """What may be written about a sentence, token by token."""

    def __init__(self, language: Language, text: str, tokenizer, budget: int):
        self.language, self.tokenizer, self.budget = language, tokenizer, budget
        self.encode = lambda text: tuple(tokenizer.encode(text))
        edges = boundaries(text) if text else []
        spans = [
            text[a:b]
            for a, b in itertools.combinations(edges, 2)
            if text and not text[a].isspace() and not text[b - 1].isspace()
        ]
        self.occurrences = collections.Counter(quoted(span)[1:-1] for span in spans)
        self.tokens_of = {o.code: self.encode(o.code) for o in self._options()}
        codes = list(dict.fromkeys(o.code for options in language.spans for o in options))
        self.inside: dict[str, dict[str, tuple[int, ...]]] = {}
        self.whole: dict[str, dict[str, tuple[int, ...]]] = {}
        for string in self.occurrences:
            size = len((OPENING + string).encode())
            self.whole[string] = {code: self.encode(OPENING + string + code) for code in codes}
            self.inside[string] = {}
            for code, tokens in self.whole[string].items():
                ends = list(itertools.accumulate(len(tokenizer.token_bytes(token)) for token in tokens))
                self.inside[string][code] = tokens[: sum(end <= size for end in ends)]
        # Regular strings, which have the same tokens whatever comes after them, and how many more than the code alone.
        self.regular = {}
        for string, inside in self.inside.items():
            if len(set(inside.values())) == 1:
                more = max(len(self.whole[string][c]) - len(inside[c]) - len(self.tokens_of[c]) for c in codes)
                self.regular[string] = (next(iter(inside.values())), max(more, 0))
        self.candidates = {
            "start": [Candidate(self.tokens_of[o.code], o) for o in language.start],
            OBJECT: [Candidate(self.tokens_of[o.code], o) for o in language.objects],
        }
        for number, options in enumerate(language.spans):
            self.candidates[number] = [
                Candidate(self.whole[string][o.code], o, string, len(self.inside[string][o.code]))
                for string in self.occurrences
                for o in options
            ]
        self.by_path = {node: self._by_path(candidates) for node, candidates in self.candidates.items()}
        self.threads = [Thread("start")]
        self.written: list[int] = []

    def _options(self):
        return [*self.language.start, *self.language.objects, *itertools.chain(*self.language.spans)]

    @staticmethod
    def _by_path(candidates):
        found = collections.defaultdict(list)
        for candidate in candidates:
            for count in range(len(candidate.tokens) + 1):
                found[candidate.tokens[:count]].append(candidate)
        return found

    # What it takes to end, in strings and tokens.

    def cost_from(self, to: int) -> tuple[int, int]:
        if to == END:
            return 0, 0
        if to == OBJECT:
            return min(self.cost(o) for o in self.language.objects if o.to != OBJECT)
        strings, tokens = self.closing_cost(to)
        return strings + 1, tokens

    def cost(self, option: Option) -> tuple[int, int]:
        strings, tokens = self.cost_from(option.to)
        return strings, tokens + len(self.tokens_of[option.code])

    def closing_cost(self, span: int) -> tuple[int, int]:
        return min(self.cost(o) for o in self.language.spans[span] if o.to not in (OBJECT, span))

    def nearest(self, used_up: int) -> float:
        """Tokens from before a string to its closing, if so many of the nearest are not to be had."""
        sizes = sorted(len(inside) + more for inside, more in self.regular.values())
        counted = [size for size in sizes if size < NEAR][:MOST]
        return counted[used_up] if used_up < len(counted) else float("inf")

    def is_used_up(self, thread: Thread, group: tuple, times: int, string: str) -> bool:
        return thread.strings.count((group, string)) >= self.occurrences[string] * times

    def can_go_on(self, thread: Thread, group: tuple, times: int, path: tuple[int, ...], left: float) -> bool:
        """Whether more strings that begin so can be closed in time than are used up."""
        alike = {s: (inside, more) for s, (inside, more) in self.regular.items() if inside[: len(path)] == path}
        distances = [len(inside) - len(path) + more for inside, more in alike.values()]
        in_time = sum(distance <= min(left, NEAR - 1) for distance in distances)
        gone = sum(self.is_used_up(thread, group, times, string) for string in alike)
        return left >= 0 and min(in_time, MOST) > gone

    # The rules.

    def allowed(self) -> set[int]:
        return {token for thread in self.threads for token in self._allowed(thread)}

    def _allowed(self, thread: Thread) -> set[int]:
        found = self.by_path[thread.node]
        left = self.budget - len(self.written) - 1
        onward = collections.defaultdict(list)
        for candidate in found.get(thread.path, ()):
            if len(candidate.tokens) > len(thread.path):
                onward[candidate.tokens[len(thread.path)]].append(candidate)
        return {token for token, candidates in onward.items() if self._may(thread, token, candidates, left)}

    def _may(self, thread: Thread, token: int, candidates: list[Candidate], left: int) -> bool:
        place = len(thread.path)
        path = (*thread.path, token)
        in_string = isinstance(thread.node, int) and thread.node >= 0
        if in_string and any(place < candidate.closing for candidate in candidates):
            strings, tokens = self.closing_cost(thread.node)
            left -= tokens + strings * self.nearest(thread.used_up)
            return self.can_go_on(thread, thread.group, thread.times, path, left)
        used_up = thread.used_up
        if in_string and place == candidates[0].closing and self.language.is_counted[thread.node]:
            string = candidates[0].string
            if self.is_used_up(thread, thread.group, thread.times, string):
                return False
            used_up += thread.strings.count((thread.group, string)) + 1 == self.occurrences[string] * thread.times
        # A name that ends here may end and be the beginning of a longer one.
        costs = []
        for candidate in candidates:
            strings, tokens = self.cost_from(candidate.option.to)
            costs.append((strings, tokens + len(candidate.tokens) - len(path), candidate.option.counted))
        strings, tokens, counted = min(costs, key=lambda cost: cost[:2])
        if counted == Counted.LIST:
            used_up = 0
        return tokens + (strings * self.nearest(used_up) if strings else 0) <= left

    def ends(self, token: int) -> bool:
        """Whether nothing but the end can come of it."""
        onward = [c for t in self.threads for c in self.by_path[t.node].get((*t.path, token), ())]
        return all(candidate.option.to == END for candidate in onward)

    def take(self, token: int) -> bool:
        """Writes a token; whether the response is complete."""
        threads = []
        for thread in self.threads:
            if token not in self._allowed(thread):
                continue
            path = (*thread.path, token)
            candidates = self.by_path[thread.node][path]
            thread = dataclasses.replace(thread, path=path)
            in_string = isinstance(thread.node, int) and thread.node >= 0
            if in_string and len(path) - 1 == candidates[0].closing:
                string = candidates[0].string
                if self.language.is_counted[thread.node]:
                    strings = (*thread.strings, (thread.group, string))
                    up = strings.count((thread.group, string)) == self.occurrences[string] * thread.times
                    thread = dataclasses.replace(thread, strings=strings, used_up=thread.used_up + up)
                else:
                    thread = dataclasses.replace(thread, head_times=self.occurrences[string], closed=string)
            complete = [c for c in candidates if len(c.tokens) == len(path)]
            if len(complete) < len(candidates):
                threads.append(thread)
            for candidate in complete[:1]:
                threads.append(self._entered(thread, candidate.option))
        self.written.append(token)
        self.threads = threads
        return any(thread.node == END for thread in threads)

    def _entered(self, thread: Thread, option: Option) -> Thread:
        thread = dataclasses.replace(thread, node=option.to, path=())
        if option.to < 0:
            return thread
        if option.counted == Counted.TYPE:
            return dataclasses.replace(thread, group=("type", option.type), times=1)
        if option.counted == Counted.HEAD:
            return dataclasses.replace(thread, group=(*thread.group, thread.closed), times=thread.head_times)
        if option.counted == Counted.LIST:
            return dataclasses.replace(thread, group=("list", len(self.written)), times=1, used_up=0)
        return thread
