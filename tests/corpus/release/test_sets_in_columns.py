"""Every set that is released in columns: its options read its labels, whichever split."""

import pytest

from kcjax.corpus.dataset import dataset_names, load_dataset
from kcjax.corpus.release import Release

RELEASES = [(name, release) for name in dataset_names() for release in load_dataset(name).releases]
SETS = [pytest.param(name, release, id=name) for name, release in RELEASES if release.form == "columns"]


def line(release: Release, token: str, label: str) -> str:
    options = release.options
    places = {options.get("token", 0): options.get("token_prefix", "") + token}
    places[options.get("tag", 1)] = f"({label})" if options.get("brackets") else f"B-{label}"
    return options.get("separator", " ").join(places.get(i, "-") for i in range(max(places) + 1)) + "\n"


@pytest.mark.parametrize(("name", "release"), SETS)
def test_all_labels_are_read(tmp_path, name, release):
    dataset = load_dataset(name)
    sentences = "\n".join(line(release, "Aro", label) for label in dataset.labels["entities"])
    for patterns in release.files.values():
        for pattern in patterns:
            path = tmp_path / name / pattern.replace("[!p]*", "bc").replace("**", "x").replace("*", "a.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(sentences)
    assert set(release.files) == set(dataset.splits)
    for split in release.files:
        documents = list(dataset.documents(split, tmp_path, unscored=True))
        assert documents[0].id == f"{name}.{split}.0" and {d.text for d in documents} == {"Aro"}
        read = [e.type for d in documents for e in d.entities]
        if "shares" not in release.options:
            assert read == list(dataset.labels["entities"].values())
        else:
            assert read and set(read) <= set(dataset.labels["entities"].values())
