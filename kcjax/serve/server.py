"""The server of `kcjax serve`: a page, and the address at which it asks for extractions, one text at a time.

A browser sends requests for every page that is open in it, and a name of an attacker's may be made to point to this
machine. So a request must name this server as its host, and come from its own page or from no page. The page itself may
run no script but its own, and load nothing.
"""

import base64
import hashlib
import ipaddress
import json
import logging
import re
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kcjax.errors import InputError
from kcjax.serve.question import Question, parse_question

if TYPE_CHECKING:
    from kcjax.extract.extractor import Extractor

log = logging.getLogger(__name__)
MOST_BYTES = 1 << 20  # of a request
MOST_WAITING = 4  # texts, beside the one that the model reads
PAGE = Path(__file__).with_name("page.html").read_bytes()


def _hash_of(tag: bytes) -> str:
    """What allows the page's own script or style, and no other."""
    content = re.search(rb"<%b>(.*?)</%b>" % (tag, tag), PAGE, re.DOTALL)
    assert content, f"the page has no {tag!r}"
    return "'sha256-" + base64.b64encode(hashlib.sha256(content[1]).digest()).decode() + "'"


HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; script-src {_hash_of(b'script')}; style-src {_hash_of(b'style')}; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that gets no answer but a status and a message."""

    def __init__(self, status: HTTPStatus, message: str):
        super().__init__(message)
        self.status = status


class Server(ThreadingHTTPServer):
    """A thread for each connection, and one text at a time for the model.

    Attributes:
      extractor: to be set before `serve_forever`; the port is taken before a model is loaded, which takes longer.
    """

    daemon_threads = True
    extractor: "Extractor"

    def __init__(self, host: str, port: int, *, model: str, schema: str | None = None):
        """
        Args:
          host: the address to listen at; the page is for whoever reaches it.
          port: 0 for any that is free.
          model: what the page calls the model.
          schema: the code that the page begins with; None for its own example.

        Raises:
          InputError: there is no such address, or the port is taken.
        """
        self.host, self.start = host, {"model": model, "schema": schema}
        self.turn, self.places = threading.Lock(), threading.BoundedSemaphore(1 + MOST_WAITING)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except (OSError, TypeError) as error:  # a TypeError for what is no name of a host
            raise InputError(
                f"--host={host} --port={port}: nothing can be served there ({error}); choose another"
            ) from error

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.server_port}"

    @property
    def only_local(self) -> bool:
        """Whether no other machine can reach it."""
        return ipaddress.ip_address(str(self.server_address[0])).is_loopback

    def is_called(self, host: str) -> bool:
        """Whether a Host header names this server. An address always does: no attacker can make it point elsewhere."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in ("localhost", self.host.lower()) or bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def extract(self, question: Question) -> dict[str, Any]:
        """The row of an output file.

        Raises:
          InputError: the schema, the tasks or the model do not go together.
          Refused: too many texts wait.
        """
        if not self.places.acquire(blocking=False):
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE, f"{MOST_WAITING} texts wait already; try again in a few seconds"
            )
        try:
            with self.turn:
                found = self.extractor.extract(
                    [question.text],
                    question.schema,
                    tasks=question.tasks,
                    comments=question.comments,
                    grammar=question.grammar,
                    stop_bias=question.stop_bias,
                )
                return next(iter(found)).to_json()
        except InputError:
            raise
        except Exception as error:
            log.exception("the extraction failed")
            raise Refused(
                HTTPStatus.INTERNAL_SERVER_ERROR, "the extraction failed; where kcjax serve was started it says why"
            ) from error
        finally:
            self.places.release()

    def shutdown_request(self, request: Any) -> None:
        """Reads a little of what a refused request has left: closed with bytes unread, a connection is reset, and the
        answer may be lost on its way."""
        try:
            request.shutdown(socket.SHUT_WR)
            for _ in range(64):
                if not request.recv(1 << 16):
                    break
        except OSError:
            pass  # gone already
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # whoever asked may leave before the answer
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = "kcjax", ""
    timeout = 10  # seconds that a connection may be silent

    def answer(self) -> None:
        routes = {"/": ("GET", self.page), "/start": ("GET", self.start), "/extract": ("POST", self.extract)}
        path = self.path.partition("?")[0]
        try:
            self.check_sender()
            if path not in routes:
                raise Refused(HTTPStatus.NOT_FOUND, f"there is nothing at {path}; the page is at /")
            method, answer = routes[path]
            if self.command != method:
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} is for {method} alone")
            answer()
        except InputError as error:
            self.send_error(HTTPStatus.BAD_REQUEST, str(error))
        except Refused as error:
            self.send_error(error.status, str(error))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def check_sender(self) -> None:
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if not self.server.is_called(host):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                f"this server is not known as {host!r}; ask for it by address, or start it with --host=NAME",
            )
        if origin is not None and origin != f"http://{host}":
            raise Refused(HTTPStatus.FORBIDDEN, f"a page of {origin} may not ask; open http://{host}")

    def page(self) -> None:
        self.send(HTTPStatus.OK, PAGE, "text/html")

    def start(self) -> None:
        self.send_json(HTTPStatus.OK, self.server.start)

    def extract(self) -> None:
        self.send_json(HTTPStatus.OK, self.server.extract(parse_question(self.body())))

    def body(self) -> bytes:
        if self.headers.get_content_type() != "application/json":
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the question with Content-Type: application/json")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "send the number of bytes as Content-Length")
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise Refused(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the schema and text have {length} bytes together, and {MOST_BYTES} are the most; shorten them",
            )
        return self.rfile.read(int(length))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Also what the standard library finds wrong with a request."""
        self.send_json(code, {"error": message or HTTPStatus(code).phrase})

    def send_json(self, status: int, content: dict[str, Any]) -> None:
        self.send(status, json.dumps(content).encode(), "application/json")

    def send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        own = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body))}
        for name, value in (HEADERS | own).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
