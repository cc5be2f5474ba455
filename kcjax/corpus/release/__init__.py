"""Annotated sets as their authors release them, read into documents that have the set's own labels.

A set's `dataset.json` says under `releases` which reader of `FORMS` reads which files with which options. Nobody need
write code for a set whose form is known.
"""

import dataclasses
import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from kcjax.corpus.document import Document
from kcjax.corpus.release import (
    ade,
    apf,
    casie,
    columns,
    conll04,
    docred,
    dygie,
    fewrel,
    findvehicle,
    genia,
    genia_event,
    gids,
    litbank,
    nyt,
    oneie,
    phee,
    pubtator,
    rams,
    semeval,
    spert,
    standoff,
    tagged,
    wikievents,
)
from kcjax.errors import InputError
from kcjax.problems import Problems


@dataclasses.dataclass(frozen=True)
class Release:
    """One form in which a set is released.

    Attributes:
      form: the name of a reader.
      files: split -> the files it is read from, in a folder named after the set; `*/*.ann` names many.
      get: where it is got, and what of it goes into the folder.
      checked: "files" where the reader was tried on the files themselves, "documentation" where it was written to what
        is said of them.
      lists: split -> a file with the names of the documents that are of it, one a line, where all splits lie together.
      options: of the reader.
    """

    form: str
    files: Mapping[str, Sequence[str]]
    get: str
    checked: Literal["files", "documentation"]
    lists: Mapping[str, str] = dataclasses.field(default_factory=dict)
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def is_in(self, folder: Path, split: str) -> bool:
        return all(any(folder.glob(pattern)) for pattern in self.files[split])

    def paths(self, folder: Path, split: str) -> list[Path]:
        """The files of a split, sorted where a pattern names them.

        Raises:
          InputError: one is missing, or the list names a document that has none.
        """
        found: list[Path] = []
        by_name: dict[str, Path] = {}
        for pattern in self.files[split]:
            matches = sorted(folder.glob(pattern))
            if not matches:
                raise InputError(f"{folder / pattern}: no such file; {self.get}")
            found += matches
            # What follows the pattern's star is no part of a document's name, but dots before it may be.
            by_name.update((path.name.removesuffix(pattern.rpartition("*")[2]), path) for path in matches)
        if split not in self.lists:
            return found
        listing = folder / self.lists[split]
        if not listing.is_file():
            raise InputError(f"{listing}: no such file; write the names of the {split} documents into it, one a line")
        chosen = []
        for number, line in enumerate(listing.read_text(encoding="utf-8").splitlines(), start=1):
            if name := line.strip().rpartition("/")[2]:
                if name not in by_name:
                    near = difflib.get_close_matches(name, by_name, n=1)
                    raise InputError(
                        f"{listing}:{number}: there is no document {name!r} in {folder}"
                        + (f"; near it: {near[0]}" if near else "")
                    )
                chosen.append(by_name[name])
        return chosen

    def read(self, folder: Path, split: str, *, name: str, problems: Problems) -> Iterator[Document]:
        """The documents of a split; arguments and errors as of `FORMS` and `paths`."""
        paths = self.paths(folder, split)
        return FORMS[self.form](paths, prefix=f"{name}.{split}", problems=problems, **self.options)


# A reader takes the paths of a split and, by name, `prefix`, `problems` and the options of `dataset.json`, and yields
# the documents in order. `prefix`, which is `NAME.SPLIT`, begins their ids; what follows is a number, or the set's own
# id. `problems` takes what cannot be read, an `InputError` that names file and line.
FORMS: dict[str, Callable[..., Iterator[Document]]] = {
    "ade": ade.read,
    "apf": apf.read,
    "casie": casie.read,
    "columns": columns.read,
    "conll04": conll04.read,
    "docred": docred.read,
    "dygie": dygie.read,
    "fewrel": fewrel.read,
    "findvehicle": findvehicle.read,
    "genia": genia.read,
    "genia_event": genia_event.read,
    "gids": gids.read,
    "litbank": litbank.read,
    "nyt": nyt.read,
    "oneie": oneie.read,
    "phee": phee.read,
    "pubtator": pubtator.read,
    "rams": rams.read,
    "semeval": semeval.read,
    "spert": spert.read,
    "standoff": standoff.read,
    "tagged": tagged.read,
    "wikievents": wikievents.read,
}
