"""Running a Beam pipeline from a command."""

import logging
import re
from collections.abc import Callable, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from kcjax.errors import InputError

_STEP = re.compile(r" \[while running [^\]]*\]$")  # what Beam adds to the message of an exception


def run_pipeline(build: Callable[[beam.Pipeline], None], argv: Sequence[str] | PipelineOptions) -> None:
    """Runs what `build` puts on a pipeline to its end; `argv` are Beam's own options.

    Raises:
      InputError: an option that Beam does not know, or bad input that a worker met.
    """
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)  # its errors come as exceptions too
    options = argv if isinstance(argv, PipelineOptions) else PipelineOptions(list(argv))
    standard = options.view_as(StandardOptions)
    standard.runner = standard.runner or "DirectRunner"  # said, so that Beam does not remark on it
    unknown = options.get_all_options(retain_unknown_options=True).keys() - options.get_all_options().keys()
    if unknown:
        raise InputError(f"--{min(unknown)}: neither this command nor Beam has such an option; see --help")
    try:
        with beam.Pipeline(options=options) as pipeline:
            build(pipeline)
    except InputError as error:
        raise InputError(_STEP.sub("", str(error))) from error
    except RuntimeError as error:  # from a worker in another process: the traceback as text
        if "KeyboardInterrupt" in str(error):
            raise KeyboardInterrupt from error
        found = re.search(r"^kcjax\.errors\.InputError: (.*)$", str(error), re.MULTILINE)
        if not found:
            raise
        raise InputError(_STEP.sub("", found[1])) from error
