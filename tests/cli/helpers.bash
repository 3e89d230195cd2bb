# shellcheck shell=bash
# Helpers for command-line tests: source "$HELPERS". Everything they make is small and the same each time.

# A test that fails leaves no job behind.
# shellcheck disable=SC2046 # one word per job
trap 'kill -s KILL $(jobs -p) 2>/dev/null || true' EXIT

# bytes <count> <octal value>
bytes() { head -c "$1" /dev/zero | tr '\0' "\\$2"; }

# word <number>: its four bytes, big-endian, as in an IDX header.
word() {
  local escapes
  printf -v escapes '\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
  printf '%b' "$escapes"
}

# idx_images <count> <side>: an IDX file of images; class k is a bar across the image, lower for a larger k. The last two
# pixels hold the count and the image's number, so that no image is a copy of another, also of another file.
idx_images() {
  local count=$1 side=$2 class i above bytes
  word 0x803 && word "$count" && word "$side" && word "$side"
  for class in {0..9}; do
    above=$((side * ((side - 3) * class / 9)))
    { bytes $above 0 && bytes $((side * 3)) 377 && bytes $((side * (side - 3) - above)) 0; } | head -c -2 >"class$class"
  done
  for ((i = 0; i < count; ++i)); do
    cat "class$((i % 10))"
    printf -v bytes '\\x%02x' $((count & 255)) $((i & 255))
    printf '%b' "$bytes"
  done
  rm class[0-9]
}

# idx_labels <count>: the labels of idx_images, 0 to 9 in turn.
idx_labels() {
  local i
  word 0x801 && word "$1"
  for ((i = 0; i < $1; ++i)); do printf '%b' "\\x0$((i % 10))"; done
}

# make_dataset <folder>: 256 training and 64 test images of 28 x 28 pixels.
make_dataset() {
  mkdir -p "$1"
  idx_images 256 28 >"$1/train-images-idx3-ubyte"
  idx_labels 256 >"$1/train-labels-idx1-ubyte"
  idx_images 64 28 >"$1/t10k-images-idx3-ubyte"
  idx_labels 64 >"$1/t10k-labels-idx1-ubyte"
}

# make_recipe <file> [sed script]: two epochs of a small model on the dataset ./digits, changed by the script.
make_recipe() {
  sed -E "${2:-}" >"$1" <<'RECIPE'
title = "Small"
seed = 5

[[targets]]
metric = "params"
below = 1_000

[dataset]
name = "./digits"

[model]
input = [1, 28, 28]
classes = 10
layers = [
  { type = "conv2d", out_channels = 8, kernel_size = 5, stride = 2 },
  { type = "batch_norm2d" },
  { type = "relu" },
  { type = "max_pool2d", kernel_size = 2 },
  { type = "conv2d", out_channels = 10, kernel_size = 3 },
  { type = "adaptive_avg_pool2d", output_size = 1 },
]

[training]
epochs = 2
batch_size = 32

[optimizer]
type = "sgd"
lr = 0.05
momentum = 0.9
RECIPE
}

# fused_targets <recipe>: this machine's instruction sets that compute the same bits, best first; or nothing.
fused_targets() { { "$RUNG" train "$1" --simd none 2>&1 || true; } | grep -oE '\b(avx|neon)[a-z0-9_]*' || true; }

# least_target <recipe>: the least of this machine's instruction sets.
least_target() { { "$RUNG" train "$1" --simd none 2>&1 || true; } | sed -n 's/.* \(.*\))/\1/p'; }

# other_target <recipe>: an instruction set that computes other bits than the best; or nothing.
other_target() { least_target "$1" | grep -vE '^(avx|neon)' || true; }

# fails <exit code> <pattern> <command...>: the command exits with this code and one line on stderr that matches the
# pattern; * stands for any text.
fails() {
  local wanted=$1 pattern=$2 code=0
  shift 2
  "$@" >fails.stdout 2>fails.stderr || code=$?
  local message
  message=$(<fails.stderr)
  # shellcheck disable=SC2053 # the right side is a pattern
  if [[ $code == "$wanted" && $(wc -l <fails.stderr) == 1 && $message == $pattern ]]; then
    rm fails.stdout fails.stderr
    return 0
  fi
  printf '%s\n' "$*" "  ended with $code and: $message" "  expected $wanted and: $pattern" >&2
  return 1
}

# not <command...>: the command fails. (A command inverted by ! never ends a script, whatever its exit code.)
not() {
  if ! "$@"; then return 0; fi
  echo "  did not fail: $*" >&2
  return 1
}

# lists <folder> <name...>: the folder holds exactly these names, hidden ones included.
lists() {
  local folder=$1
  shift
  diff -u --label expected --label "in $folder" \
    <(for name in "$@"; do echo "$name"; done | sort) <(find "$folder" -mindepth 1 -printf '%P\n' | sort)
}

# needs_terminal: ends a test as skipped if no terminal can be made. Colours are off unless a test wants them.
needs_terminal() {
  command -v script >/dev/null || { echo "skipped: there is no script(1) to make a terminal" >&2 && exit 77; }
  export NO_COLOR=1 TERM=xterm
}

# in_terminal <columns> <arguments>: the output to a terminal of that many columns; exits as the program does.
in_terminal() { script -qec "stty cols $1 rows 30 && exec '$RUNG' $2" /dev/null </dev/null; }

# one_document <file>: the file holds one JSON object as printed, over several lines, and nothing else.
one_document() {
  [[ $(head -n 1 "$1") == "{" && $(tail -n 1 "$1") == "}" ]] || { cat "$1" && return 1; }
  if sed '1d; $d' "$1" | grep -v '^  '; then return 1; fi
  if LC_ALL=C grep -n $'[^ -~]' "$1"; then return 1; fi
}

# begun <run>: waits until the run has finished an epoch.
begun() { until [[ -s $1/metrics.jsonl ]]; do sleep 0.02; done; }

# interrupts_watching <folder>: Ctrl-C ends `rung watch` without a message.
interrupts_watching() {
  local watcher code=0
  set -m
  "$RUNG" watch "$1" >/dev/null 2>errors & watcher=$!
  set +m
  sleep 0.3
  kill -s INT $watcher
  wait $watcher || code=$?
  [[ $code == 130 && ! -s errors ]]
}
