"""The scripts of cloud/, with a `gcloud` that keeps slices and a bucket in a folder and does what hosts are told."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from kcjax import cli
from kcjax.train.config import load_config

ROOT = Path(__file__).parents[1]

# Slices end as the lines of `fate` say, one for each that is created: done, lost (it goes while it trains) or broken.
GCLOUD = r"""#!/usr/bin/env bash
cd "$CLOUD"
echo "$*" >>calls
case "$*" in
  *"queued-resources create"*)
    head -1 fate >now && sed -i 1d fate && echo ACTIVE >state ;;
  *"queued-resources describe"*) [ -f state ] && cat state ;;
  *"queued-resources delete"*) rm state ;;
  *"tpu-vm ssh"*train*)
    command=${*##*--command=}
    case "$command" in *setup_tpu_vm*) exit 0 ;; esac
    case $(cat now) in
      done) mkdir -p bucket/runs/one && touch bucket/runs/one/DONE && echo "kcjax exited 0" ;;
      lost) echo SUSPENDED >state; exit 255 ;;
      broken) echo "kcjax exited 2" ;;
    esac ;;
  "storage cp -"*) cat >"bucket/code" ;;
  "storage ls"*) [ -e "bucket/${3#gs://my/}" ] ;;
  *) echo "not known: $*" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def cloud(tmp_path):
    """Runs cloud/train_spot.sh on slices of the given fates; gives its result and what gcloud was asked for."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bucket").mkdir()
    for name, text in {"gcloud": GCLOUD, "sleep": "#!/bin/sh\n"}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)

    def run(*fates: str, **environment: str):
        (tmp_path / "fate").write_text("".join(f"{fate}\n" for fate in fates))
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        settings = {"CLOUD": str(tmp_path), "PATH": path, "PROJECT": "p", "ZONE": "z"} | environment
        command = ["bash", "cloud/train_spot.sh", "one", "v5litepod-16", "gs://my/runs/one", "--config=a b.py"]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, text=True, capture_output=True, timeout=60)
        return done, (tmp_path / "calls").read_text().splitlines()

    return run


def named(calls: list[str], verb: str) -> list[str]:
    return [call for call in calls if verb in call]


def test_a_spot_run_goes_on_on_the_next_slice_until_it_is_done(cloud):
    result, calls = cloud("lost", "lost", "done")
    assert result.returncode == 0, result.stderr
    created = named(calls, "queued-resources create")
    assert len(created) == 3 and all("--spot" in call and "v2-alpha-tpuv5-lite" in call for call in created)
    assert len(named(calls, "queued-resources delete")) == 3  # the last one too: it costs
    assert r"train --workdir=gs://my/runs/one --config=a\ b.py" in named(calls, ".venv/bin/kcjax train")[0]


def test_a_spot_run_that_fails_by_itself_is_not_paid_for_again(cloud):
    result, calls = cloud("broken")
    assert result.returncode == 1 and "the run failed" in result.stderr
    assert len(named(calls, "queued-resources create")) == 1 and not named(calls, "queued-resources delete")


def test_all_slices_of_a_run_get_the_command(cloud):
    result, calls = cloud("done", SLICES="2", OPTIONS="")
    assert result.returncode == 0, result.stderr
    (created,) = named(calls, "queued-resources create")
    assert "--node-prefix=one --node-count=2" in created and "--spot" not in created
    for node in ("one-0", "one-1"):
        assert named(calls, f"tpu-vm ssh {node} ")


def test_images_have_the_beam_that_is_locked():
    locked = re.search(r"^apache-beam==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert locked and f"beam_python3.12_sdk:{locked[1]} " in (ROOT / "cloud" / "dataflow.Dockerfile").read_text()


def check_command(argv: list[str]) -> None:
    """That kcjax takes it; of what it names only configs are here."""
    args, rest = cli.build_parser().parse_known_args(argv[1:])
    args.overrides = rest
    cli._refuse_urls(args)
    if args.verb in ("train", "plan"):
        load_config(str(ROOT / args.config), rest, complete=args.verb == "train")
    else:
        assert not rest


def test_the_guide_s_commands_are_taken():
    guide = (ROOT / "docs" / "cloud-tpu.md").read_text()
    text = "\n".join(re.findall(r"^```sh\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    text = re.sub(
        r"cloud/train_spot\.sh \S+ \S+ (gs:\S+)", r"kcjax train --workdir=\1", text.replace("$BUCKET", "bucket")
    )
    found = re.findall(r"\b(kcjax (?:import|corpus|train|plan|export|verify) .*?)(?: >|\"?$)", text, re.MULTILINE)
    assert [line.split()[1] for line in found] == [
        *("import", "corpus", "corpus", "plan", "plan", *["train"] * 4, "plan", "train", "export", "verify"),
    ]
    for line in found:
        check_command(shlex.split(line))


@pytest.mark.parametrize("name", ["jobset.yaml", "extract.yaml"])
def test_a_job_set_passes_arguments_that_its_command_takes(name):
    import yaml

    job = yaml.safe_load((ROOT / "cloud" / name).read_text())
    (slices,) = job["spec"]["replicatedJobs"]
    pods = slices["template"]["spec"]
    (container,) = pods["template"]["spec"]["containers"]
    assert pods["parallelism"] == pods["completions"] and container["command"] == ["kcjax"]
    arguments = [argument.replace("$(JOB_COMPLETION_INDEX)", "7") for argument in container["args"]]
    check_command(["kcjax", *arguments])
    if name == "extract.yaml":
        assert pods["completionMode"] == "Indexed" and f"--share=7/{pods['completions']}" in arguments
