"""Models on the Hugging Face hub, by `huggingface_hub`: its cache, its token, its settings (`HF_HOME`, `HF_TOKEN`)."""

import re
from pathlib import Path
from typing import Any

from kcjax.errors import InputError, WorkError
from kcjax.model.huggingface import TOKENIZER_FILES

_CLIENTS = ("huggingface_hub", "httpx", "httpx2", "httpcore", "httpcore2")
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_FILES = ["config.json", "generation_config.json", "kcjax.json", *TOKENIZER_FILES]
_SAFETENSORS = ["model.safetensors", "model-*.safetensors", "model.safetensors.index.json"]
_PICKLED = ["pytorch_model.bin", "pytorch_model-*.bin", "pytorch_model.bin.index.json"]


def is_hub_id(source: object) -> bool:
    """Whether this names a model on the hub, `OWNER/NAME`, and nothing on this disk."""
    return isinstance(source, str) and not Path(source).exists() and bool(_ID.fullmatch(source))


def fetch_model(model: str, revision: str | None = None) -> Path:
    """Downloads what kcjax reads of a model, or finds it in the cache; files that came whole are not fetched again.

    Raises:
      InputError: there is no such model or revision, or it takes a token that was not given.
      WorkError: the hub cannot be reached.
    """
    import huggingface_hub
    from huggingface_hub import errors

    def fetch(patterns: list[str]) -> Path:
        return Path(huggingface_hub.snapshot_download(model, revision=revision, allow_patterns=patterns))

    try:
        directory = fetch([*_FILES, *_SAFETENSORS])
        if not any(directory.glob("model*.safetensors")):
            directory = fetch(_PICKLED)
    except errors.GatedRepoError as error:
        raise InputError(
            f"{model}: takes the consent of its owners; ask for it on the model's page, then `hf auth login`"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise InputError(f"{model}: has no revision {revision!r}") from error
    except errors.RepositoryNotFoundError as error:
        raise InputError(
            f"{model}: neither a directory here nor a model on the hub; if it is a private one, `hf auth login` first"
        ) from error
    except Exception as error:
        raise _unreachable(model, error) from error
    return directory


def push_model(directory: Path, model: str, *, private: bool) -> str:
    """Uploads a model directory or an adapter to `OWNER/NAME`, made if it is not there; returns its address.

    Raises:
      WorkError: the hub cannot be reached, or does not let this user write there.
    """
    import huggingface_hub

    if not _ID.fullmatch(model):
        raise InputError(f"--push={model}: give it as OWNER/NAME")
    api = huggingface_hub.HfApi()
    try:
        url = api.create_repo(model, private=private, exist_ok=True)
        api.upload_folder(repo_id=model, folder_path=directory, commit_message="Upload of kcjax export")
    except Exception as error:
        raise _unreachable(model, error, f"; the export is in {directory}: push it again with `hf upload`") from error
    return str(url)


def _unreachable(model: str, error: Any, remedy: str = "; the same command goes on where it stopped") -> Exception:
    """What is to be raised: errors of the network and the hub are one line, others stay."""
    if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] not in _CLIENTS:
        return error
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return WorkError(f"{model}: the hub does not answer as it should ({reason}){remedy}")
