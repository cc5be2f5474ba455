"""Apache Beam pipelines: work on more data than one machine has room or time for."""

import logging

logging.disable(logging.WARNING)  # as it is imported, Beam warns of cloud libraries that are not there
import apache_beam  # noqa: E402, F401

logging.disable(logging.NOTSET)
