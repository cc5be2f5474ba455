"""A server with an extractor that has no model: it reads responses that are given to it."""

import threading
from collections.abc import Callable, Iterator

import pytest

from kcjax.corpus.document import Document
from kcjax.extract.extraction import Draft, Extraction
from kcjax.extract.questions import Question
from kcjax.serve.server import Server


class FakeExtractor:
    """Attributes:
    responses: by task, what a model would write.
    asked: the texts, schemas and options that it was given.
    confidence: of every object.
    """

    def __init__(self):
        self.responses = {"ner": "results = []"}
        self.asked = []
        self.confidence = 0.25

    def extract(self, texts, schema, **options) -> Iterator[Extraction]:
        for text in texts:
            self.asked.append((text, schema, options))
            draft = Draft(Document("0", text), schema)
            for task, response in self.responses.items():
                draft.read(Question(task, text), response, confidence=lambda call: self.confidence)
            yield draft.finish()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """`serve(extractor, ...)`: a server on a free port of this machine, until the test ends."""
    running: list[tuple[Server, threading.Thread]] = []

    def serve(extractor, host: str = "127.0.0.1", **options) -> Server:
        server = Server(host, 0, **{"model": "a model", **options})
        server.extractor = extractor
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server

    yield serve
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def extractor() -> FakeExtractor:
    return FakeExtractor()


@pytest.fixture
def server(serve, extractor) -> Server:
    return serve(extractor)
