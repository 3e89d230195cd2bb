# Standard output is full, closed, or its reader has gone: an error, not silence, and no file takes its place.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
full() { "$@" >/dev/full; }
closed() { "$@" >&-; }
# The reader ends after the first line, before the rest is written.
left() { "$@" | head -n 1 >/dev/null; }

for command in --version --help "summary small.toml" "data info ./digits" "data show ./digits"; do
  # shellcheck disable=SC2086 # a command and its arguments
  fails 1 "rung: error: cannot write to standard output: No space left on device" full "$RUNG" $command
  # shellcheck disable=SC2086
  fails 1 "rung: error: cannot write to standard output: Bad file descriptor" closed "$RUNG" $command
done
fails 1 "rung: error: cannot write to standard output: No space left on device (go on with \`rung train --resume full\`)" full "$RUNG" train small.toml --out full
fails 1 "rung: error: cannot write to standard output: Bad file descriptor (go on with \`rung train --resume closed\`)" closed "$RUNG" train small.toml --out closed
fails 1 "rung: error: cannot write to standard output: Broken pipe (go on with \`rung train --resume left\`)" left "$RUNG" train small.toml --epochs 2000 --out left
for run in full closed left; do
  rm -f $run/checkpoint.previous.safetensors
  lists $run recipe.toml metrics.jsonl checkpoint.safetensors best.safetensors events.out.tfevents.000001
  "$RUNG" eval $run >/dev/null
done

# Without standard error, only the exit code can tell.
code=0
"$RUNG" train small.toml --out full 2>&- || code=$?
[[ $code == 2 ]]
"$RUNG" eval full >evaluation 2>&- <&-
