# A wrong command line: one line that says what is wrong, and where the help is.
source "$HELPERS"
fails 2 'rung: error: rung has no command trian; did you mean train? (`rung --help` lists the commands)' "$RUNG" trian step1
fails 2 'rung: error: rung has no command trian; did you mean train? (*' "$RUNG" help trian
fails 2 'rung: error: rung has no command trian; did you mean train? (*' "$RUNG" trian --help
fails 2 'rung: error: rung has no command quite-another (`rung --help` lists the commands)' "$RUNG" quite-another
fails 2 'rung: error: rung data has no command inof; did you mean info? (`rung data --help` lists the commands)' "$RUNG" data inof
fails 2 'rung: error: rung train: RECIPE is missing (for example `rung train step3*`; `rung train --help` lists the options)' "$RUNG" train
fails 2 'rung: error: rung summary: RECIPE is missing (for example `rung summary step5`; *' "$RUNG" summary
fails 2 'rung: error: rung train has no option --epoch; did you mean --epochs? (`rung train --help` lists the options)' "$RUNG" train step1 --epoch 1
fails 2 'rung: error: rung train has no option --sede; did you mean --seed? (*' "$RUNG" train step1 --sede=1
fails 2 'rung: error: rung data fetch has no option --form; did you mean --from? (*' "$RUNG" data fetch --form here
fails 2 'rung: error: rung has no option --no-such-option (*' "$RUNG" --no-such-option
for value in 0 -1 x 100001; do fails 2 'rung: error: --epochs:*' "$RUNG" train step1 --epochs $value; done
for value in 0 -1 1025; do fails 2 'rung: error: --threads:*' "$RUNG" train step1 --threads $value; done
for value in x -1 nan inf; do fails 2 "rung: error: --checkpoint-seconds: $value is not a number of seconds *" "$RUNG" train step1 --checkpoint-seconds $value; done
for option in "--seed 1" "--epochs 2" "--out run"; do
  # shellcheck disable=SC2086 # an option and its value
  fails 2 "rung: error: ${option% *} excludes --resume *" "$RUNG" climb --resume run $option
done
fails 2 "rung: error: RECIPE excludes --resume *" "$RUNG" train step1 --resume run
for value in x -1 99999999999999999999; do
  fails 2 "rung: error: --seed: $value is not a whole number from 0 to 9223372036854775807*" "$RUNG" train step1 --seed $value
done
fails 2 'rung: error: this machine does not have the instruction set sse9 (use one of: *' "$RUNG" train step1 --simd sse9
fails 2 'rung: error: --split: *' "$RUNG" eval run --split all
fails 2 'rung: error: rung summary does not take the argument extra (*' "$RUNG" summary step1 extra
fails 2 'rung: error: rung has no command *x1b?2J*' "$RUNG" $'\e[2J'
lists .
