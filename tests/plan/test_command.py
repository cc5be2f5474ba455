"""What `kcjax plan` says of a plan; the plans themselves are only arithmetic here."""

import dataclasses

import numpy as np
import pytest

from kcjax.corpus.packing import Record
from kcjax.corpus.records import write_records
from kcjax.corpus.records_info import RecordsInfo
from kcjax.errors import InputError, WorkError
from kcjax.files import write_json
from kcjax.model.huggingface import load_config as load_model_config
from kcjax.model.shapes import SHAPES
from kcjax.plan import command
from kcjax.plan.command import model_shape, plan_command
from kcjax.plan.extraction import Workload
from kcjax.plan.plan import Plan
from kcjax.train.config import default_config

FITS = Plan("step", "v5e:4x4", 16, {}, 4, 4 * 16 * 2048, True, 16.0, predicted_step_s=2.0)


@pytest.fixture
def plan(monkeypatch):
    """`plan(program=..., fits=...)`: what the compiler is to have said; then the command."""

    def run(*, fits=True, program="step", fields=None, shares=False, **options):
        found = dataclasses.replace(FITS, program=program, fits=fits, needed_gib=0.0 if fits else 17.25)

        def plan_step(*args, shared_prefixes):
            assert shared_prefixes == shares
            return found

        monkeypatch.setattr(command, "plan_step", plan_step)
        monkeypatch.setattr(command, "plan_extraction", lambda *args, **kwargs: found)
        config = default_config()
        config.update(fields or {})
        return plan_command(config, "v5e:4x4", model="llama2_7b", program=program, **options)

    return run


def test_steps_become_hours_and_hours_cost(plan):
    assert "predicted_hours" not in plan()
    figures = plan(fields={"steps": 3600}, price=1.2)
    assert (figures["predicted_hours"], figures["predicted_chip_hours"]) == (2.0, 32.0)
    assert figures["predicted_cost"] == pytest.approx(38.4)
    assert figures["rows_per_s"] == 4 * 16 / 2.0


def test_rows_are_records_of_training_or_documents_of_extraction(plan):
    one = plan(rows=4 * 16 * 1800)
    assert one["predicted_hours"] == pytest.approx(1.0)
    assert plan(rows=4 * 16 * 1800, fields={"accumulate_steps": 2})["predicted_hours"] == pytest.approx(0.5)
    # A document is read once all tokens of its prompt are, and decoded once all those of its response are.
    workload = Workload(prompt_tokens=2048, new_tokens=10 * 2048)
    assert plan(program="prefill", rows=4 * 16 * 1800, workload=workload)["predicted_hours"] == pytest.approx(1.0)
    assert plan(program="decode", rows=4 * 16 * 1800, workload=workload)["predicted_hours"] == pytest.approx(10.0)


@pytest.mark.parametrize("shares", [False, True])
def test_the_data_of_a_config_tell_how_many_rows_and_whether_they_share_prompts(plan, tmp_path, shares):
    ones = np.ones(2048, np.int32)
    records = [Record(ones, ones, ones, ones, ones.astype(np.float32), (str(n),)) for n in range(640)]
    info = RecordsInfo("following", "hash", 100, 2048, 0, {}, recipe={"share_prefixes": shares})
    write_records(tmp_path / "records", records, info)
    figures = plan(fields={"data": str(tmp_path / "records"), "epochs": 2.0}, shares=shares, price=1.8)
    assert figures["rows"] == 2 * 640
    assert figures["predicted_hours"] == pytest.approx(2 * 640 / (4 * 16) * 2.0 / 3600)
    assert figures["predicted_cost"] == pytest.approx(figures["predicted_hours"] * 16 * 1.8)
    with pytest.raises(InputError, match="records of 2048 tokens, config.sequence_length is 1024"):
        plan(fields={"data": str(tmp_path / "records"), "sequence_length": 1024}, shares=shares)


def test_a_price_of_nothing_known_is_refused(plan):
    with pytest.raises(InputError, match="--price: of how much\\? give --rows, config.steps or config.data"):
        plan(price=1.2)
    with pytest.raises(InputError, match="--price: of how much\\? give --rows$"):
        plan(program="decode", fields={"steps": 3}, price=1.2)


def test_predictions_stand_beside_their_errors(plan):
    errors = plan()["errors_of_published_steps"]
    assert errors and all(error.endswith("%") and error[0] in "+-" for error in errors.values())


def test_what_does_not_fit_says_how_much_it_takes_and_what_to_do(plan):
    with pytest.raises(WorkError, match=r"4 rows a chip do not fit v5e:4x4: 17.25 GiB of 16 are needed; lower config"):
        plan(fits=False)
    with pytest.raises(WorkError, match="lower --batch-size, or raise config.mesh.tensor"):
        plan(fits=False, program="decode")
    with pytest.raises(InputError, match="--search is for the step of training"):
        plan(program="decode", search_all=True)


def test_a_shape_is_that_of_a_directory_or_has_a_name(tiny_model_dir, tmp_path):
    assert model_shape(str(tiny_model_dir)) == load_model_config(tiny_model_dir)
    assert model_shape(f"scratch:{tiny_model_dir}") == model_shape(str(tiny_model_dir))
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    write_json(tmp_path / "run" / "config.json", {"init_from": str(tiny_model_dir)})
    assert model_shape(str(tmp_path / "run")) == model_shape(str(tiny_model_dir))
    assert model_shape("llama3_8b") is SHAPES["llama3_8b"]
    with pytest.raises(InputError, match="--model=llama9: no such directory, nor a shape that is known: llama2_7b"):
        model_shape("llama9")
