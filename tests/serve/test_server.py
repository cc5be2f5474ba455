"""The server of `kcjax serve`, asked over real sockets: what it answers, and all that it refuses."""

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kcjax.errors import InputError
from kcjax.schema.source import parse_schema
from kcjax.serve import server as module
from kcjax.serve.server import HEADERS, MOST_BYTES, MOST_WAITING, PAGE, Server

SCHEMA = "class Ship(Entity):\n    pass\n"
QUESTION = {"schema": SCHEMA, "text": "The Orion left Riga."}


def send(server: Server, method: str, path: str, body: bytes | None = None, **headers: str):
    """The status, the headers and what the JSON says; a header of `content_type` is `Content-Type`."""
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=20)
    connection.putrequest(method, path, skip_host="host" in headers)
    if body is not None and "content_length" not in headers:
        headers["content_length"] = str(len(body))
    for name, value in headers.items():
        if value:
            connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    if body:
        connection.send(body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    is_json = response.headers.get_content_type() == "application/json"
    return response.status, response.headers, json.loads(content or "null") if is_json else content


def ask(server: Server, question: object = QUESTION, **headers: str):
    body = question if isinstance(question, bytes) else json.dumps(question).encode()
    status, _, answer = send(server, "POST", "/extract", body, **{"content_type": "application/json", **headers})
    return status, answer


def test_the_page_asks_nothing_of_other_machines(server):
    status, headers, content = send(server, "GET", "/?a=b")
    assert (status, content) == (200, PAGE) and headers["Content-Type"] == "text/html; charset=utf-8"
    assert set(re.findall(rb"""(?:src|href|action)\s*=\s*["']?([^"'\s>]*)""", PAGE)) == {b"data:,"}
    assert b"://" not in PAGE and b"url(" not in PAGE and b"@import" not in PAGE


def test_nothing_is_ever_made_html(server):
    assert not re.search(rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", PAGE)


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/nothing"), ("POST", "/extract")])
def test_every_answer_has_the_headers_that_guard_it(server, method, path):
    _, headers, _ = send(server, method, path)
    assert HEADERS.items() <= dict(headers).items()
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["script-src"].startswith("'sha256-") and policy["style-src"].startswith("'sha256-")
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(" ".join(policy.values()).split())
    assert headers["X-Content-Type-Options"] == "nosniff" and "Access-Control-Allow-Origin" not in headers
    assert "Python" not in headers["Server"]


def test_the_page_begins_with_the_schema_given(serve, extractor):
    given = serve(extractor, model="mine", schema=SCHEMA)
    assert send(given, "GET", "/start")[2] == {"model": "mine", "schema": SCHEMA}


def test_an_answer_is_the_row_of_an_output_file(server, extractor):
    extractor.responses = {"ner": 'results = [\n\tShip("Orion")\n]'}
    status, row = ask(server)
    assert status == 200
    ship = {"type": "Ship", "start": 4, "end": 9, "text": "Orion", "confidence": 0.25}
    assert row["entities"] == [ship] and row["status"] == "ok" and row["raw"] == extractor.responses


def test_offsets_count_code_points(server, extractor):
    extractor.responses = {"ner": 'results = [\n\tShip("Orion 🚢")\n]'}
    text = "👩‍👩‍👧 saw the 🇳🇴 Orion 🚢 leave"
    entity = ask(server, QUESTION | {"text": text})[1]["entities"][0]
    assert text[entity["start"] : entity["end"]] == entity["text"] == "Orion 🚢"


def test_the_extractor_is_asked_what_the_request_says(server, extractor):
    chosen = {"tasks": ["re", "ner", "re"], "comments": False, "grammar": False, "stop_bias": -2}
    ask(server)
    ask(server, QUESTION | chosen)
    asked = [options for _, _, options in extractor.asked]
    assert asked[0] == {"tasks": None, "comments": True, "grammar": True, "stop_bias": 0.0}
    assert asked[1] == {**chosen, "tasks": ("re", "ner")}
    assert all(isinstance(options["stop_bias"], float) for options in asked)  # of an int, JAX compiles anew
    assert [(text, schema) for text, schema, _ in extractor.asked] == [
        (QUESTION["text"], parse_schema(SCHEMA, filename=""))
    ] * 2


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (b"", ["not JSON", "schema and text"]),
        (b'{"schema": "a", "text": ', ["not JSON"]),
        (b'{"text": "\xff"}', ["not JSON"]),
        (b'{"text": "\\ud83d"}', ["not JSON", "surrogate"]),
        (b"[" * 5000, ["not JSON"]),
        ([QUESTION], ["the request is [{", "send an object"]),
        ({"schema": SCHEMA}, ["text is missing"]),
        ({"text": "a"}, ["schema is missing"]),
        (QUESTION | {"txt": "a"}, ["no field 'txt'", "known: schema, text, tasks"]),
        (QUESTION | {"text": 3}, ["text must be a string, found 3"]),
        (QUESTION | {"text": " \n"}, ["text is empty"]),
        (QUESTION | {"schema": None}, ["schema must be a string"]),
        (QUESTION | {"tasks": "ner"}, ["tasks must be a list", "ner, re, ed, eae", "found 'ner'"]),
        (QUESTION | {"tasks": ["ner", "nre"]}, ["tasks must be", "found ['ner', 'nre']"]),
        (QUESTION | {"tasks": [["ner"]]}, ["tasks must be"]),
        (QUESTION | {"tasks": []}, ["tasks must be a list of one or more"]),
        (QUESTION | {"comments": 1}, ["comments must be true or false, found 1"]),
        (QUESTION | {"grammar": "no"}, ["grammar must be true or false"]),
        (QUESTION | {"stop_bias": True}, ["stop_bias must be a number", "found True"]),
        (QUESTION | {"stop_bias": 1e9}, ["stop_bias must be a number from -100 to 100"]),
        (QUESTION | {"stop_bias": None}, ["stop_bias must be a number", "found None"]),
        (json.dumps(QUESTION | {"stop_bias": float("nan")}).encode(), ["not JSON"]),
        (QUESTION | {"schema": ""}, ["schema:1: no class found"]),
        (QUESTION | {"schema": SCHEMA + "\nclass Town(Entity)\n    pass"}, ["schema:4: not valid Python"]),
        (
            QUESTION | {"schema": "class Owner(Relation):\n    head_entity: Ship\n"},
            ["schema:1:", "Ship", "not defined"],
        ),
        (QUESTION | {"schema": "-" * 500_000}, ["schema:1:", "nested too deeply"]),
    ],
)
def test_a_wrong_question_is_told_by_field_or_line(server, extractor, question, parts):
    status, answer = ask(server, question)
    assert status == 400 and set(answer) == {"error"} and "\n" not in answer["error"]
    for part in parts:
        assert part in answer["error"]
    assert extractor.asked == []


def test_a_schema_is_never_run(server, tmp_path):
    run = f'__import__("pathlib").Path({str(tmp_path / "run")!r}).touch()'
    for schema in (
        run,
        f"class Ship(Entity):\n    {run}\n",
        f"class Ship(Entity):\n    name: {run}\n",
        f"class Ship(Entity):\n    name: str = {run}\n",
        f"class Ship(Entity, {run}):\n    pass\n",
        f"@dataclass({run})\nclass Ship(Entity):\n    pass\n",
        f"class Ship(Entity):\n    def __init__(self, name: str = {run}):\n        {run}\n",
    ):
        assert ask(server, QUESTION | {"schema": schema})[0] in (200, 400)
    assert not (tmp_path / "run").exists()


def test_what_the_extractor_cannot_do_is_told(server, extractor):
    def extract(*args, **options):
        raise InputError("there is no type to ask for in task re")
        yield

    extractor.extract = extract
    assert ask(server) == (400, {"error": "there is no type to ask for in task re"})


def test_what_goes_wrong_inside_is_told_to_the_terminal_alone(server, extractor, caplog):
    works = extractor.extract
    extractor.extract = lambda *args, **options: iter([1 / 0])
    status, answer = ask(server)
    assert status == 500 and "extraction failed" in answer["error"] and "division" not in answer["error"]
    assert "ZeroDivisionError" in caplog.text
    extractor.extract = works
    assert ask(server)[0] == 200  # the turn and the place were given back


def test_hosts_that_are_this_server(server):
    port = server.server_port
    for host in ("127.0.0.1", f"127.0.0.1:{port}", f"localhost:{port}", "LOCALHOST", f"[::1]:{port}", "10.0.0.7:9000"):
        assert ask(server, host=host)[0] == 200, host


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:8765", "127.0.0.1.evil.example", "[::1", "localhost.x"]
)
@pytest.mark.parametrize("path", ["/", "/start", "/extract"])
def test_a_name_that_was_made_to_point_here_is_refused(server, extractor, host, path):
    method = "POST" if path == "/extract" else "GET"
    body = json.dumps(QUESTION).encode() if path == "/extract" else None
    status, _, answer = send(server, method, path, body, host=host, content_type="application/json")
    assert status == 403 and "--host=NAME" in answer["error"] and extractor.asked == []


def test_a_name_given_as_host_is_this_server(serve, extractor):
    named = serve(extractor)
    named.host = "Desk.example"
    assert ask(named, host="desk.example:1")[0] == 200 and ask(named, host="other.example")[0] == 403


def test_pages_of_others_are_refused(server, extractor):
    port = server.server_port
    for origin in (
        "http://evil.example",
        "null",
        f"https://127.0.0.1:{port}",
        "http://127.0.0.1",
        f"http://localhost:{port}",
    ):
        status, answer = ask(server, origin=origin)
        assert status == 403 and origin in answer["error"], origin
    assert extractor.asked == []
    assert ask(server, origin=f"http://127.0.0.1:{port}")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/page.html", 404),
        ("GET", "/../../etc/passwd", 404),
        ("POST", "/extract/", 404),
        ("GET", "/extract", 405),
        ("POST", "/", 405),
        ("HEAD", "/", 405),
        ("PUT", "/extract", 405),
        ("PATCH", "/extract", 405),
        ("DELETE", "/start", 405),
        ("OPTIONS", "/extract", 405),
        ("BREW", "/extract", 501),
    ],
)
def test_other_paths_and_methods_are_refused(server, method, path, status):
    found, _, answer = send(server, method, path)
    assert found == status and (method == "HEAD" or answer["error"])


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_of_another_page_could_send_is_refused(server, extractor, kind):
    status, answer = ask(server, content_type=kind)
    assert status == 415 and "application/json" in answer["error"] and extractor.asked == []


def test_the_kind_may_name_its_characters(server):
    assert ask(server, content_type="application/json; charset=utf-8")[0] == 200


def test_a_body_has_a_length_and_a_limit(server, extractor):
    for length in ("", "-1", "many", "²"):
        assert send(server, "POST", "/extract", content_type="application/json", content_length=length)[0] == 411
    room = MOST_BYTES - len(json.dumps(QUESTION | {"text": ""}))
    assert ask(server, QUESTION | {"text": "a" * room})[0] == 200
    status, answer = ask(server, QUESTION | {"text": "a" * (room + 1)})
    assert status == 413 and str(MOST_BYTES) in answer["error"]
    assert ask(server, b"", content_length="9" * 5000)[0] == 413
    assert len(extractor.asked) == 1


def test_a_refusal_reaches_whoever_still_sends(server):
    for _ in range(5):
        assert ask(server, QUESTION | {"text": "a" * 3 * MOST_BYTES})[0] == 413


def test_what_is_no_request_is_answered_in_json(server):
    for said in (b"hello\r\n\r\n", b"GET " + b"/" * 70_000 + b" HTTP/1.0\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        with socket.create_connection(server.server_address[:2], timeout=20) as connection:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        assert b'{"error": ' in answer and b"<" not in answer


BROKEN_OFF = "POST /extract HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"


def test_head_has_no_body(server):
    with socket.create_connection(server.server_address[:2], timeout=20) as connection:
        connection.sendall(b"HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert b" 405 " in answer and answer.endswith(b"\r\n\r\n")


def test_a_body_that_breaks_off_is_refused(server, extractor):
    with socket.create_connection(server.server_address[:2], timeout=20) as connection:
        connection.sendall(BROKEN_OFF.encode())
        connection.shutdown(socket.SHUT_WR)
        assert b"400 Bad Request" in connection.recv(1 << 16)
    assert extractor.asked == []


@pytest.mark.parametrize("said", ["", BROKEN_OFF], ids=["nothing", "half a request"])
def test_a_silent_connection_is_closed(server, monkeypatch, said):
    assert 0 < module._Handler.timeout <= 30
    monkeypatch.setattr(module._Handler, "timeout", 0.2)
    start = time.monotonic()
    with socket.create_connection(server.server_address[:2], timeout=20) as connection:
        connection.sendall(said.encode())
        assert connection.recv(1) == b""
    assert time.monotonic() - start < 10
    assert ask(server)[0] == 200


def test_texts_are_read_one_at_a_time_and_few_wait(server, extractor):
    go_on, at_once, most = threading.Event(), 0, 0
    extract = extractor.extract

    def waits(*args, **options):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        go_on.wait(20)
        time.sleep(0.01)
        yield from extract(*args, **options)
        at_once -= 1

    # A generator is left where its first row was taken, so it is run to its end.
    extractor.extract = lambda *args, **options: list(waits(*args, **options))
    beyond = 3
    with ThreadPoolExecutor(1 + MOST_WAITING + beyond) as pool:
        asked = [pool.submit(ask, server) for _ in range(1 + MOST_WAITING + beyond)]
        end = time.monotonic() + 20
        while sum(future.done() for future in asked) < beyond and time.monotonic() < end:
            time.sleep(0.01)
        early = [future.result() for future in asked if future.done()]
        page = send(server, "GET", "/")[0]  # who only looks need not wait
        go_on.set()
        statuses = sorted(future.result()[0] for future in asked)
    assert page == 200 and most == 1
    assert statuses == [200] * (1 + MOST_WAITING) + [503] * beyond
    assert [status for status, _ in early] == [503] * beyond and "try again" in early[0][1]["error"]
    assert ask(server)[0] == 200


def test_who_leaves_before_the_answer_leaves_no_trace(server, capsys):
    for error, told in ((BrokenPipeError(), False), (TimeoutError(), False), (ValueError("a mistake of ours"), True)):
        with contextlib.suppress(type(error)):
            try:
                raise error
            except type(error):
                server.handle_error(None, ("127.0.0.1", 1))
        assert ("Traceback" in capsys.readouterr().err) == told


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False), ("::1", True)]
)
def test_whether_others_can_reach_it_is_known(serve, extractor, host, local):
    if host == "::1" and not _has_ipv6():
        pytest.skip("there is no IPv6 here")
    server = serve(extractor, host)
    assert server.only_local == local
    assert server.url == f"http://{'[::1]' if host == '::1' else host}:{server.server_port}"
    assert ask(server)[0] == 200


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_a_port_that_is_taken_is_named(server):
    for host, port in (("127.0.0.1", server.server_port), ("no.such.host.invalid", 0), ("é" * 70, 0)):
        with pytest.raises(InputError, match=f"--host={host} --port={port}: nothing can be served there"):
            Server(host, port, model="")
