"""`kcjax plan`: what is compiled, as figures and as sentences."""

import functools
import logging
import math
from typing import Any

from ml_collections import ConfigDict

from kcjax.errors import InputError, WorkError
from kcjax.files import is_directory
from kcjax.model.config import LlamaConfig
from kcjax.model.huggingface import load_config
from kcjax.model.shapes import SHAPES
from kcjax.plan.checks import CHECKS
from kcjax.plan.extraction import Workload, plan_extraction
from kcjax.plan.plan import Plan, plan_step
from kcjax.plan.search import search
from kcjax.plan.topology import Topology
from kcjax.train.data import number_of_steps, open_records
from kcjax.train.run import base_model

log = logging.getLogger(__name__)


def plan_command(
    config: ConfigDict,
    topology: str,
    *,
    program: str = "step",
    model: str | None = None,
    search_all: bool = False,
    workload: Workload | None = None,
    rows: float | None = None,
    price: float | None = None,
) -> dict[str, Any]:
    """The plan of a config's program on a topology; with `search_all` of the best step that is found.

    Args:
      rows: records to train on, or documents to extract from; None for those of the run, as `config.steps` or
        `config.data` tell.
      price: of a chip for an hour.

    Raises:
      InputError: the options do not go together, or the config not with its data.
      WorkError: nothing fits.
    """
    shape, place = model_shape(model or config.init_from), Topology.parse(topology)
    workload = workload or Workload()
    trains = program == "step"
    if search_all and not trains:
        raise InputError(f"--search is for the step of training; leave it out with --program={program}")
    if price is not None and rows is None and not (trains and (config.steps or config.data)):
        raise InputError("--price: of how much? give --rows" + (", config.steps or config.data" if trains else ""))
    if config.attention == "auto":
        config.attention = "splash"
    records = open_records(config) if trains and config.data else None
    plan = functools.partial(plan_step, shared_prefixes=records is not None and records.shares_prefixes)
    fields: dict[str, Any] = {}
    if search_all:
        best = search(config, shape, place, plan=plan, tell=_tell)
        if best is None:
            raise WorkError(f"not one row of {config.sequence_length} tokens a chip fits {place.name}; take more chips")
        config.update_from_flattened_dict(best.fields)
        found, fields = best.plan, {"fields": best.fields}
    elif trains:
        found = plan(config, shape, place)
    else:
        found = plan_extraction(program, config, shape, place, workload)
    if not found.fits:
        less = "config.batch_per_device or config.rows_at_once" if trains else "--batch-size"
        raise WorkError(
            f"{found.batch_per_device} rows a chip do not fit {place.name}: {found.needed_gib:.2f} GiB of "
            f"{found.hbm_limit_gib:.0f} are needed; lower {less}"
            + (", or let --search find what fits" if trains else ", or raise config.mesh.tensor"),
            found.to_json(),
        )
    tokens_a_row = {"prefill": workload.prompt_tokens, "decode": workload.new_tokens}.get(program)
    per_run = found.batch_per_device * found.chips * config.accumulate_steps
    rows_per_s = (found.tokens_per_step / tokens_a_row if tokens_a_row else per_run) / found.predicted_step_s
    figures = fields | found.to_json() | {"rows_per_s": rows_per_s, "errors_of_published_steps": errors()}
    if rows is None and trains and (config.steps or records):
        rows = number_of_steps(config, records, batch_size=per_run) * per_run
    if rows is not None:
        hours = rows / rows_per_s / 3600
        figures |= {"rows": rows, "predicted_hours": hours, "predicted_chip_hours": hours * found.chips}
        if price is not None:
            figures["predicted_cost"] = hours * found.chips * price
    return figures


def errors() -> dict[str, str]:
    """Of the predictions for runs whose step times were published: what to expect of a prediction."""
    return {check.name: f"{check.error:+.0%}" for check in CHECKS}


def model_shape(model: str) -> LlamaConfig:
    """The shape of a model directory, of what a run started from, or of a model by name.

    Raises:
      InputError: there is neither.
    """
    if model in SHAPES:
        return SHAPES[model]
    if model and is_directory(directory := base_model(model)):
        return load_config(directory)
    raise InputError(f"--model={model}: no such directory, nor a shape that is known: {', '.join(SHAPES)}")


def _tell(plan: Plan, fields: dict[str, Any]) -> None:
    what = ", ".join(f"{name.removeprefix('mesh.')} {value}" for name, value in fields.items())
    if plan.fits:
        said = f"{plan.hbm_peak_gib_per_chip:.2f} GiB, {plan.predicted_tokens_per_s:,.0f} tokens/s"
    else:
        said = f"does not fit ({plan.needed_gib:.2f} GiB)" if math.isfinite(plan.needed_gib) else "does not fit"
    log.info("%s: %s", what, said)
