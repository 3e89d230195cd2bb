# Standard output that is full or closed: an error, not silence, and no file takes its place. A reader that goes away ends
# the program quietly, as it ends other programs; a run leaves a checkpoint.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
full() { "$@" >/dev/full; }
closed() { "$@" >&-; }
# The reader ends after the first line, while there is more to come; or is gone before the first.
left() { "$@" | head -n 1 >/dev/null; }
gone() { { sleep 0.2 && "$@"; } | true; }

for command in --version --help "summary small.toml" "data info ./digits" "data show ./digits"; do
  # shellcheck disable=SC2086 # a command and its arguments
  fails 1 "rung: error: cannot write to standard output: No space left on device" full "$RUNG" $command
  # shellcheck disable=SC2086
  fails 1 "rung: error: cannot write to standard output: Bad file descriptor" closed "$RUNG" $command
  code=0
  # shellcheck disable=SC2086
  gone "$RUNG" $command 2>errors || code=$?
  [[ $code == 141 && ! -s errors ]] || { echo "$command without a reader ended with $code" && cat errors && exit 1; }
done
# Training begins with a line, so that it fails before it writes anything.
for command in train climb sweep; do
  fails 1 "rung: error: cannot write to standard output: No space left on device" full "$RUNG" $command small.toml --out out
  fails 1 "rung: error: cannot write to standard output: Bad file descriptor" closed "$RUNG" $command small.toml
done
[[ ! -e out && ! -e runs ]]
fails 141 "rung: error: interrupted after epoch * (resume with \`*rung train --resume left\`)" left "$RUNG" train small.toml --epochs 2000 --out left
rm -f left/checkpoint.previous.safetensors
lists left recipe.toml metrics.jsonl checkpoint.safetensors best.safetensors events.out.tfevents.000001
"$RUNG" eval left >/dev/null
"$RUNG" verify left >/dev/null
fails 141 "rung: error: interrupted: * of 20 runs * over (resume with *)" left "$RUNG" sweep small.toml --epochs 30 --jobs 1 --out sweep

# Without standard error, only the exit code can tell.
code=0
"$RUNG" train small.toml --out left 2>&- || code=$?
[[ $code == 2 ]]
"$RUNG" eval left >evaluation 2>&- <&-
