#!/usr/bin/env bash
# Readies a bare TPU VM: Python 3.12 and kcjax in ~/kcjax/.venv. Run it in the root of the repository, on every host.
# Run again, it installs what has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v uv >/dev/null && [ ! -x "$HOME/.local/bin/uv" ]; then
  curl --fail --silent --show-error --location https://astral.sh/uv/install.sh | sh
fi
export PATH="$HOME/.local/bin:$PATH"
[ -d .venv ] || uv venv --python=3.12 .venv
uv pip install --quiet --python=.venv/bin/python --constraint=requirements.txt --editable '.[train,gcp,tpu]'
# A TPU that an earlier process still holds is the usual cause of a start that waits for ever.
if pgrep --full '[k]cjax train' >/dev/null; then
  echo "kcjax train is running here already; end it with: pkill --full 'kcjax train'" >&2
  exit 1
fi
.venv/bin/kcjax --help >/dev/null && echo "$(hostname): kcjax is ready in $PWD/.venv"
