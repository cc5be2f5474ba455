"""`kcjax serve`."""

import argparse
import logging
import os
from collections.abc import Callable
from pathlib import Path

from kcjax.arguments import EXIT_STOPPED, Result, count
from kcjax.errors import InputError

log = logging.getLogger(__name__)


def add(verb: Callable[..., argparse.ArgumentParser]) -> None:
    p = verb("serve", serve, "a page in the browser: a schema and a text, and what the model finds in it")
    p.add_argument("--model", required=True, help="a model directory")
    p.add_argument("--adapter", help="PEFT directory with a LoRA adapter of that model, merged when loaded")
    p.add_argument("--schema", help="Python or JSON file that the page begins with, parsed and never run")
    p.add_argument("--host", default="127.0.0.1", help="where to listen (default 127.0.0.1, this machine alone)")
    p.add_argument("--port", type=port, default=8765, help="0 for any that is free (default 8765)")
    p.add_argument("--max-new-tokens", type=count, default=640, help="of a response (default 640)")
    p.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the computation")


def port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, found {text!r}")
    return int(text)


def serve(args: argparse.Namespace) -> Result:
    from kcjax.extract.extractor import Extractor
    from kcjax.parallel.start import cache_programs
    from kcjax.serve.server import Server

    cache_programs()
    schema = _code(args.schema) if args.schema else None
    model = " with ".join(Path(path).resolve().name for path in (args.model, args.adapter) if path)
    with Server(args.host, args.port, model=model, schema=schema) as server:
        if not server.only_local:
            log.warning("--host=%s: anyone who can reach this machine can use the page and read its schema", args.host)
        server.extractor = Extractor.from_pretrained(
            args.model, adapter=args.adapter, dtype=args.dtype, max_new_tokens=args.max_new_tokens
        )
        log.info("open %s in a browser; Ctrl-C ends it", server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            log.info("ended")
            if not server.turn.acquire(blocking=False):
                os._exit(EXIT_STOPPED)  # a thread is in compiled code, and aborts if Python is taken apart around it
    return {}


def _code(path: str) -> str:
    """A schema file as Python, which it may be already: then as its author wrote it."""
    from kcjax.files import open_text
    from kcjax.schema.code import schema_source
    from kcjax.schema.library import SchemaLibrary, open_schema

    schema = open_schema(path)
    if isinstance(schema, SchemaLibrary):
        raise InputError(f"{path}: a library has too many types for a page; choose some with `kcjax library subset`")
    if path.endswith((".json", ".json.gz")):
        return schema_source(schema)
    with open_text(path) as file:
        return file.read().decode("utf-8-sig")
