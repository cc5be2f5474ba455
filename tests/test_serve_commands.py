"""`kcjax serve` as a user starts and ends it."""

import gzip
import json
import socket
from pathlib import Path

import pytest

from kcjax import cli, serve_commands
from kcjax.extract.extractor import Extractor
from kcjax.schema.library import write_library
from kcjax.schema.library_build import LibraryBuilder
from kcjax.schema.source import parse_schema, read_schema, write_schema
from kcjax.serve.server import Server

SAMPLE = Path(__file__).resolve().parents[1] / "kcjax" / "corpus" / "datasets" / "harbour"


@pytest.fixture
def started(monkeypatch) -> list[Server]:
    """The servers that a command starts: of no model, and ended by Ctrl-C at once."""
    servers: list[Server] = []

    def serve_forever(server):
        servers.append(server)
        raise KeyboardInterrupt

    monkeypatch.setattr(Extractor, "from_pretrained", lambda *args, **options: (args, options))
    monkeypatch.setattr(Server, "serve_forever", serve_forever)
    return servers


def test_it_serves_this_machine_alone_until_it_is_ended(started, capsys, caplog):
    caplog.set_level("INFO")
    argv = ["--model=models/mine/", "--adapter=a/b", "--port=0", "--max-new-tokens=9", "--dtype=bfloat16", "--json"]
    assert cli.main(["serve", *argv]) == 0
    assert json.loads(capsys.readouterr().out) == {}
    (server,) = started
    assert server.extractor == (
        ("models/mine/",),
        {"adapter": "a/b", "dtype": "bfloat16", "max_new_tokens": 9},
    )
    assert server.start == {"model": "mine with b", "schema": None}
    assert server.server_address[0] == "127.0.0.1" and "anyone" not in caplog.text
    assert caplog.messages == [f"open {server.url} in a browser; Ctrl-C ends it", "ended"]
    assert server.socket.fileno() == -1  # closed


def test_it_says_who_can_use_it(started, caplog):
    assert cli.main(["serve", "--model=.", "--port=0", "--host=0.0.0.0"]) == 0
    assert started[0].start["model"] == Path.cwd().name
    assert "--host=0.0.0.0: anyone who can reach this machine can use the page" in caplog.text


def test_it_ends_at_once_where_a_text_is_being_read(started, monkeypatch):
    codes: list[int] = []
    monkeypatch.setattr(serve_commands.os, "_exit", codes.append)
    monkeypatch.setattr(Extractor, "from_pretrained", lambda *args, **options: None)
    interrupted = Server.serve_forever

    def while_reading(server):
        server.turn.acquire()
        interrupted(server)

    monkeypatch.setattr(Server, "serve_forever", while_reading)
    assert cli.main(["serve", "--model=m", "--port=0"]) == 0 and codes == [130]


@pytest.mark.parametrize("name", ["schema.py", "schema.json", "schema.py.gz"])
def test_the_page_begins_with_the_code_of_a_schema_file(started, tmp_path, name):
    schema = read_schema(SAMPLE / "schema.py")
    path = tmp_path / name
    if name == "schema.json":
        write_schema(path, schema)
    else:
        content = b"\xef\xbb\xbf" + (SAMPLE / "schema.py").read_bytes()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert cli.main(["serve", "--model=m", "--port=0", f"--schema={path}"]) == 0
    code = started[0].start["schema"]
    assert parse_schema(code, filename=name) == schema
    if name != "schema.json":
        assert code == (SAMPLE / "schema.py").read_text()  # with the author's comments


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        (["--schema=broken.py"], "broken.py:1: not valid Python"),
        (["--schema=none.py"], "none.py"),
        (["--schema=types.kcjax"], "types.kcjax: a library has too many types for a page"),
        (["--port=65536"], "must be a number from 0 to 65535, found '65536'"),
        (["--port=-1"], "must be a number from 0 to 65535"),
        (["--host=no.such.host.invalid"], "--host=no.such.host.invalid --port=8765: nothing can be served there"),
        (["--batch-size=4"], "unrecognised argument: --batch-size=4"),
    ],
)
def test_wrong_usage_is_one_line_before_a_model_is_loaded(started, tmp_path, monkeypatch, capsys, flags, part):
    monkeypatch.chdir(tmp_path)
    Path("broken.py").write_text("class Ship(Entity)")
    write_library(Path("types.kcjax"), LibraryBuilder().entries(), dict)
    monkeypatch.setattr(Extractor, "from_pretrained", lambda *args, **options: pytest.fail("a model is loaded"))
    try:
        code = cli.main(["serve", "--model=m", *flags])
    except SystemExit as error:
        code = error.code
    err = capsys.readouterr().err.splitlines()
    assert code == 2 and len(err) == 1 and err[0].startswith("kcjax: ") and part in err[0] and started == []


def test_a_port_that_is_taken_is_named_before_a_model_is_loaded(started, monkeypatch, capsys):
    monkeypatch.setattr(Extractor, "from_pretrained", lambda *args, **options: pytest.fail("a model is loaded"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--model=m", f"--port={port}"]) == 2
    assert f"--port={port}: nothing can be served there" in capsys.readouterr().err
