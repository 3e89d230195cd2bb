# bash: its completion function, called as readline calls it.
source "$HELPERS"
mkdir -p runs/one "runs/two words" && make_recipe own.toml && touch notes.txt
PATH=$(dirname "$RUNG"):$PATH
rung completion bash >rung.bash
# shellcheck disable=SC1091 # it is made here
source ./rung.bash
complete -p rung | grep -q -- '-F _rung'

compopt() { return 0; }  # which only readline may call

# completes <word...>: the completions of the last word. (compgen fails if there are none, which interactive shells
# ignore.)
completes() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  set +e
  _rung
  set -e
  printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd '|'
}
completes rung ""
completes rung t
completes rung data ""
completes rung train --se
completes rung train --che
completes rung data fetch --
completes rung eval --split ""
completes rung eval --split = te
completes rung eval --split =
completes rung train step
completes rung climb step1 s
completes rung summary o
completes rung eval runs/
completes rung train --out runs/t
completes rung train --out = runs/o
completes rung data info fash
completes rung data show --out no
completes rung completion ""
completes rung train --seed ""
completes rung train --seed 7 step5-
completes rung train step1 --seed=7 --st
completes rung nonsense ""
completes rung help s
[[ $(completes rung train step1 --simd "") == *"$(rung completion --values TARGET | head -n 1)"* ]]

# Every option of every command that --help lists, without its values.
mapfile -t commands < <(rung completion --values COMMAND)
[[ ${#commands[@]} -ge 12 ]]
for command in "" "${commands[@]}" "data list" "data fetch" "data import" "data check" "data info" "data show" "export onnx"; do
  # shellcheck disable=SC2086 # two words may be two arguments
  options=$(rung $command --help | sed -nE 's/^  (-.,)?(--[a-z0-9-]+).*/\2/p' | sort | paste -sd '|')
  # shellcheck disable=SC2086
  offered=$(completes rung $command --)
  [[ $offered == "$options" ]] || { echo "$command: $offered, but help has $options" >&2 && exit 1; }
done
