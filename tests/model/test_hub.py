"""Models come from and go to a hub: here one of our own, that speaks as much of its protocol as it takes."""

import base64
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from safetensors.numpy import load_file

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(http.server.ThreadingHTTPServer):
    """`files` by model; `gated` models take the token `secret`; `cut` is after how many bytes weights break off."""

    def __init__(self):
        super().__init__(("localhost", 0), _Handler)
        self.files: dict[str, dict[str, bytes]] = {}
        self.gated: set[str] = set()
        self.cut: int | None = None
        self.asked: list[tuple[str, str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, code, content=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Content-Length", headers.pop("size", len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def as_json(self, value, code=200):
        self.answer(code, json.dumps(value).encode(), Content_Type="application/json")

    def refused(self, model):
        hub = self.server
        if model not in hub.files:
            self.answer(404, X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
        elif model in hub.gated and self.headers.get("Authorization") != "Bearer secret":
            self.answer(403, X_Error_Code="GatedRepo", X_Error_Message="Access to model is restricted")
        else:
            return False
        return True

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        hub, parts = self.server, self.path.partition("?")[0].strip("/").split("/")
        hub.asked.append((self.command, self.path, self.headers.get("Range")))
        if parts[:2] == ["api", "models"]:
            model, revision = "/".join(parts[2:4]), parts[5] if len(parts) > 5 else "main"
            if self.refused(model):
                return
            if revision not in ("main", COMMIT):
                return self.answer(404, X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev id")
            if parts[4:5] == ["tree"]:
                sizes = hub.files[model].items()
                return self.as_json([{"type": "file", "path": n, "size": len(c), "oid": n} for n, c in sizes])
            siblings = [{"rfilename": name} for name in hub.files[model]]
            return self.as_json({"id": model, "sha": COMMIT, "siblings": siblings, "tags": [], "private": False})
        model, name = "/".join(parts[:2]), "/".join(parts[4:])
        if self.refused(model):
            return
        content = hub.files[model].get(name)
        if content is None:
            return self.answer(404, X_Error_Code="EntryNotFound", X_Error_Message="Entry not found")
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X_Repo_Commit": COMMIT,
            "Accept_Ranges": "bytes",
        }
        start = int(self.headers["Range"].removeprefix("bytes=").partition("-")[0]) if self.headers.get("Range") else 0
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        rest = content[start:]
        if self.command == "GET" and name.endswith(".safetensors") and hub.cut:
            self.answer(206 if start else 200, rest[: hub.cut], size=len(rest), **headers)
            self.wfile.flush()
            self.connection.close()
            return
        self.answer(206 if start else 200, rest, **headers)

    def do_POST(self):
        hub, parts = self.server, self.path.strip("/").split("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != "Bearer secret":
            return self.answer(401, X_Error_Message="Invalid credentials")
        if parts == ["api", "repos", "create"]:
            asked = json.loads(body)
            model = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else f"me/{asked['name']}"
            hub.files.setdefault(model, {})
            hub.asked.append(("CREATE", model, str(asked.get("private") or asked.get("visibility"))))
            return self.as_json({"url": f"{hub.url}/{model}", "name": model})
        model = "/".join(parts[2:4])
        if parts[4] == "preupload":
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            return self.as_json({"files": files})
        for line in body.decode().splitlines():
            row = json.loads(line)
            if row["key"] == "file":
                hub.files[model][row["value"]["path"]] = base64.b64decode(row["value"]["content"])
        return self.as_json({"commitUrl": f"{hub.url}/{model}/commit/{COMMIT}", "commitOid": COMMIT, "success": True})


@pytest.fixture
def hub(tiny_model_dir):
    pytest.importorskip("huggingface_hub")
    server = Hub()
    server.files["owner/tiny"] = {
        file.name: file.read_bytes() for file in tiny_model_dir.iterdir() if file.name != "kcjax.json"
    }
    server.files["owner/tiny"]["notes.txt"] = b"not wanted"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def kcjax(hub, home: Path, *argv, token=None):
    """Runs a command whose hub is this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_HUB_ETAG_TIMEOUT": "5"}
    if token:
        settings["HF_TOKEN"] = token
    command = [sys.executable, "-m", "kcjax.cli", *map(str, argv)]
    return subprocess.run(command, env=kept | settings, capture_output=True, text=True)


def test_a_model_of_the_hub_comes_in_with_what_is_needed_alone(hub, tiny_model_dir, tmp_path):
    done = kcjax(hub, tmp_path / "home", "import", "owner/tiny", tmp_path / "ours", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["base_model"] == "owner/tiny"
    assert (tmp_path / "ours" / "model.safetensors").read_bytes() == (tiny_model_dir / "model.safetensors").read_bytes()
    assert not any("notes.txt" in path for _, path, _ in hub.asked)
    done = kcjax(hub, tmp_path / "home", "import", "owner/tiny", tmp_path / "rev", f"--revision={COMMIT}")
    assert done.returncode == 0, done.stderr


def test_a_download_that_is_cut_off_goes_on_and_what_came_whole_is_not_fetched_again(hub, tiny_model_dir, tmp_path):
    files = hub.files["owner/tiny"]
    tensors = load_file(tiny_model_dir / "model.safetensors")
    tensors["model.embed_tokens.weight"] = np.ones((100_000, 64), np.float32)  # 26 MB: it is fetched 10 MB at a time
    files["model.safetensors"] = safetensors.numpy.save(tensors)
    files["config.json"] = files["config.json"].replace(b'"vocab_size": 360', b'"vocab_size": 100000')
    hub.cut = 1_000
    done = kcjax(hub, tmp_path / "home", "import", "owner/tiny", tmp_path / "ours")
    assert done.returncode == 1 and not (tmp_path / "ours").exists()
    assert "owner/tiny: the hub does not answer as it should" in done.stderr
    assert "the same command goes on where it stopped" in done.stderr
    hub.cut, hub.asked = 22_000_000, []
    done = kcjax(hub, tmp_path / "home", "import", "owner/tiny", tmp_path / "ours")
    assert done.returncode == 0, done.stderr
    first, then = [how for kind, path, how in hub.asked if kind == "GET" and path.endswith(".safetensors")]
    assert first is None and int(then.removeprefix("bytes=").rstrip("-")) >= 20_000_000
    assert not [path for kind, path, _ in hub.asked if kind == "GET" and path.endswith("tokenizer.json")]
    found = load_file(tmp_path / "ours" / "model.safetensors")
    assert {name: array.tobytes() for name, array in found.items()} == {n: a.tobytes() for n, a in tensors.items()}


def test_what_the_hub_refuses_is_told_with_what_to_do(hub, tmp_path):
    hub.gated.add("owner/tiny")
    for argv, message in [
        (["owner/none"], "owner/none: neither a directory here nor a model on the hub"),
        (["owner/tiny"], "owner/tiny: takes the consent of its owners; ask for it on the model's page"),
    ]:
        done = kcjax(hub, tmp_path / "home", "import", *argv, tmp_path / "ours")
        assert done.returncode == 2 and message in done.stderr, done.stderr
    done = kcjax(hub, tmp_path / "home", "import", "owner/tiny", tmp_path / "ours", "--revision=v9", token="secret")
    assert done.returncode == 2 and "owner/tiny: has no revision 'v9'" in done.stderr
    assert not (tmp_path / "ours").exists()
    done = kcjax(hub, tmp_path / "home", "import", "owner/tiny", tmp_path / "ours", token="secret")
    assert done.returncode == 0, done.stderr


def test_pickled_weights_are_fetched_where_there_are_no_others(hub, tiny_model_dir, tmp_path):
    torch = pytest.importorskip("torch")
    tensors = load_file(tiny_model_dir / "model.safetensors")
    torch.save({name: torch.from_numpy(array) for name, array in tensors.items()}, tmp_path / "pytorch_model.bin")
    files = hub.files["owner/tiny"]
    del files["model.safetensors"]
    files["pytorch_model.bin"] = (tmp_path / "pytorch_model.bin").read_bytes()
    done = kcjax(hub, tmp_path / "home", "import", "owner/tiny", tmp_path / "ours")
    assert done.returncode == 0, done.stderr
    found = load_file(tmp_path / "ours" / "model.safetensors")
    assert {name: array.tobytes() for name, array in found.items()} == {n: a.tobytes() for n, a in tensors.items()}


def test_a_directory_can_be_pushed_and_comes_back(hub, tiny_model_dir, tmp_path):
    directory = shutil.copytree(tiny_model_dir, tmp_path / "model")
    code = "import sys; from pathlib import Path; from kcjax.model.hub import push_model\n"
    code += "print(push_model(Path(sys.argv[1]), sys.argv[2], private=True))"

    def push(token):
        settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
        command = [sys.executable, "-c", code, str(directory), "me/new"]
        return subprocess.run(command, env=os.environ | settings | {"HF_TOKEN": token}, capture_output=True, text=True)

    done = push("wrong")
    assert done.returncode != 0 and "push it again with `hf upload`" in done.stderr
    done = push("secret")
    assert done.returncode == 0, done.stderr
    assert ("CREATE", "me/new") in [asked[:2] for asked in hub.asked]
    assert hub.files["me/new"] == {file.name: file.read_bytes() for file in directory.iterdir()}
