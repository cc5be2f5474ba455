#!/usr/bin/env bash
# Trains on a spot slice until the run is done, whatever becomes of the slice: asks for one, installs kcjax on its hosts,
# runs the command, and when the slice is taken away asks for the next. The slice is deleted at the end.
#
#     cloud/train_spot.sh NAME ACCELERATOR_TYPE gs://BUCKET/runs/WORKDIR [ARGUMENTS OF kcjax train...]
#     cloud/train_spot.sh phase1 v5litepod-16 gs://my-bucket/runs/one --config=configs/understanding_llama2_7b.py ...
#
# Environment: PROJECT, ZONE; RUNTIME (default: that of the accelerator), OPTIONS (default --spot; `` for on demand),
# SLICES (default 1). Leave it running, in tmux or on a small VM; started again, it goes on.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,10s/^# \?//p' "$0" >&2; exit 2; }
NAME=$1 ACCELERATOR=$2 WORKDIR=$3
shift 3
: "${PROJECT:?set PROJECT to the id of the Google Cloud project}" "${ZONE:?set ZONE, such as us-west4-a}"
SLICES=${SLICES:-1}
case $ACCELERATOR in
  v5litepod-*) DEFAULT=v2-alpha-tpuv5-lite ;;
  v5p-*) DEFAULT=v2-alpha-tpuv5 ;;
  v6e-*) DEFAULT=v2-alpha-tpuv6e ;;
  v4-*) DEFAULT=tpu-ubuntu2204-base ;;
  *) DEFAULT= ;;
esac
RUNTIME=${RUNTIME:-$DEFAULT}
: "${RUNTIME:?set RUNTIME to the image of $ACCELERATOR}"
WHERE=(--project="$PROJECT" --zone="$ZONE")
CODE=${WORKDIR%/}.code.tar.gz
LOG=$(mktemp -t "kcjax-$NAME.XXXXXX")

say() { echo "$(date -u +%H:%M:%S) $*" >&2; }
resource() { gcloud compute tpus queued-resources "$1" "$NAME" "${WHERE[@]}" "${@:2}"; }
state() { resource describe --format='value(state.state)' 2>/dev/null || true; }
nodes() { if [ "$SLICES" -eq 1 ]; then echo "$NAME"; else seq -f "$NAME-%g" 0 $((SLICES - 1)); fi; }
done_() { gcloud storage ls "${WORKDIR%/}/DONE" >/dev/null 2>&1; }

# On every host of every slice, at the same time; non-zero where one fails.
on_hosts() {
  local jobs=() node failed=0
  for node in $(nodes); do
    gcloud compute tpus tpu-vm ssh "$node" "${WHERE[@]}" --worker=all --command="$1" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job" || failed=1; done
  return $failed
}

# The first logins to a new host may fail: its keys are on their way.
ready() {
  for _ in 1 2 3; do
    on_hosts "$setup" && return
    sleep 30
  done
  return 1
}

create() {
  local shape=(--node-id="$NAME")
  [ "$SLICES" -eq 1 ] || shape=(--node-prefix="$NAME" --node-count="$SLICES")
  # shellcheck disable=SC2086 # several options
  resource create "${shape[@]}" --accelerator-type="$ACCELERATOR" --runtime-version="$RUNTIME" ${OPTIONS---spot}
}

await() {
  local now before=
  while true; do
    now=$(state)
    [ "$now" = "$before" ] || say "$NAME: ${now:-is asked for}"
    before=$now
    case $now in
      ACTIVE) return ;;
      FAILED | SUSPENDED) resource delete --force --quiet; create ;;
      '') create ;;
    esac
    sleep 30
  done
}

# What is committed here is what runs there.
git archive --format=tar.gz HEAD | gcloud storage cp - "$CODE"
quoted=$(printf ' %q' "$@")
while ! done_; do
  await
  setup="mkdir -p kcjax && gcloud storage cat $CODE | tar xz -C kcjax && pkill --full '[k]cjax train'"
  setup="$setup; while pgrep --full '[k]cjax train' >/dev/null; do sleep 1; done"
  setup="$setup; bash kcjax/cloud/setup_tpu_vm.sh"
  # The compiled programs stay in the bucket: the next slice need not compile again.
  run="cd kcjax && JAX_COMPILATION_CACHE_DIR=${WORKDIR%/}.xla .venv/bin/kcjax train --workdir=$WORKDIR$quoted"
  if ready; then
    on_hosts "$run; echo \"kcjax exited \$?\"" 2>&1 | tee "$LOG" || true
  else
    echo "kcjax exited 1" >"$LOG"
  fi
  done_ && break
  sleep 60 # until a slice that is being taken away says so
  if grep --quiet --extended-regexp 'kcjax exited (2|1)$' "$LOG" && [ "$(state)" = ACTIVE ]; then
    say "the run failed, see above; $NAME is left as it is: mend it and start this again, or delete it with"
    say "  gcloud compute tpus queued-resources delete $NAME ${WHERE[*]} --force"
    exit 1
  fi
  say "$NAME is $(state); going on"
done
say "$WORKDIR is done"
[ -z "$(state)" ] || resource delete --force --quiet
