# A run that is told to end, or killed, leaves whole files of the epochs it finished, which can be evaluated.
source "$HELPERS"
make_dataset digits
make_recipe long.toml 's/^epochs = .*/epochs = 100000/'

# interrupt <signal> <run>: starts a run and sends it the signal after some epochs. Its exit code is in $code.
interrupt() {
  code=0
  "$RUNG" train long.toml --out "$2" >log 2>errors &
  local id=$!
  until [[ -e $2/metrics.jsonl && $(wc -l <"$2/metrics.jsonl") -gt 3 ]]; do sleep 0.02; done
  kill -s "$1" $id
  wait $id 2>/dev/null || code=$?
}

for signal in TERM HUP; do
  interrupt $signal $signal
  [[ $code == $((128 + $(kill -l $signal))) ]]
  line=$(<errors)
  [[ $line == "rung: error: interrupted in epoch "*", batch "*" ($signal holds the epochs before it)" ]] || { cat errors && exit 1; }
  lists $signal recipe.toml metrics.jsonl checkpoint.safetensors best.safetensors
  last=$(tail -n 1 log)
  [[ $last == *"$("$RUNG" eval $signal)" ]]
done

interrupt KILL KILL
[[ $code == 137 ]]
"$RUNG" eval KILL >/dev/null
"$RUNG" eval KILL --best >/dev/null
