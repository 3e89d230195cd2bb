# A wrong command line: one line that says what is wrong, and where the help is.
source "$HELPERS"
fails 2 'rung: error: a command is missing (`rung --help` shows what there is)' "$RUNG"
fails 2 'rung: error: a command is missing (`rung data --help` shows what there is)' "$RUNG" data
fails 2 'rung: error: there is no such command or option: trian (`rung --help` shows what there is)' "$RUNG" trian step1
fails 2 'rung: error: there is no such command or option: inof (`rung data --help` shows what there is)' "$RUNG" data inof
fails 2 'rung: error: RECIPE is required (`rung train --help` shows what there is)' "$RUNG" train
fails 2 'rung: error: there is no such argument or option: --epoch (`rung train --help` shows what there is)' "$RUNG" train step1 --epoch 1
for value in 0 -1 x 100001; do fails 2 'rung: error: --epochs:*' "$RUNG" train step1 --epochs $value; done
for value in 0 -1 1025; do fails 2 'rung: error: --threads:*' "$RUNG" train step1 --threads $value; done
for value in x -1 nan inf; do fails 2 "rung: error: --checkpoint-seconds: $value is no number of seconds *" "$RUNG" train step1 --checkpoint-seconds $value; done
for option in "--seed 1" "--epochs 2" "--out run"; do
  # shellcheck disable=SC2086 # an option and its value
  fails 2 "rung: error: ${option% *} excludes --resume *" "$RUNG" climb --resume run $option
done
fails 2 "rung: error: RECIPE excludes --resume *" "$RUNG" train step1 --resume run
for value in x -1 99999999999999999999; do
  fails 2 "rung: error: --seed: $value is no whole number from 0 to 9223372036854775807*" "$RUNG" train step1 --seed $value
done
fails 2 'rung: error: this machine does not have the instruction set sse9 (use one of: *' "$RUNG" train step1 --simd sse9
fails 2 'rung: error: --split: *' "$RUNG" eval run --split all
fails 2 'rung: error: there is no such argument or option: extra *' "$RUNG" summary step1 extra
fails 2 'rung: error: there is no such command or option: *x1b?2J*' "$RUNG" $'\e[2J'
lists .
