# A run that is told to end finishes the batch, writes a checkpoint and says how to resume; a second Ctrl-C, or SIGKILL,
# ends it at once, and it can still be resumed.
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
  [[ $line == "rung: error: interrupted after epoch "*" (resume with \`"*"rung train --resume $signal\`)" ]] || { cat errors && exit 1; }
  lists $signal recipe.toml metrics.jsonl checkpoint{,.previous}.safetensors best.safetensors events.out.tfevents.000001
  "$RUNG" eval $signal >/dev/null
done

interrupt KILL KILL
[[ $code == 137 ]]
"$RUNG" eval KILL >/dev/null
"$RUNG" eval KILL --best >/dev/null

# The printed command works and resumes the run where it was. (A folder's name may hold bytes that are not text.)
here=$'it\'s h\xe9re'
mkdir "$here" && make_recipe short.toml 's/^epochs = .*/epochs = 100/'
least=$(least_target short.toml)
"$RUNG" train short.toml --simd "$least" --threads 1 --checkpoint-seconds 5 --strict --out "$here/run" >/dev/null 2>errors & id=$!
until [[ -e "$here/run/metrics.jsonl" ]]; do sleep 0.02; done
kill -s TERM $id && not wait $id
command=$(sed -n 's/.*resume with `\(.*\)`.*/\1/p' errors)
eval "$command" >log
sed -n 2p log | grep -qx "it's h\\\\xe9re/run resumes after epoch .*"
[[ $(wc -l <"$here/run/metrics.jsonl") == 100 ]]

# A batch takes seconds. A second SIGTERM, as from `timeout`, changes nothing; Ctrl-C does not wait for the batch.
make_recipe slow.toml 's/^batch_size = .*/batch_size = 256/; s/out_channels = 8, kernel_size = 5, stride = 2/out_channels = 1000, kernel_size = 15/'
env --default-signal=INT "$RUNG" train slow.toml --threads 1 --out slow >log 2>errors & id=$!
until [[ -e slow/recipe.toml ]]; do sleep 0.02; done
catches() { (($((0x$(sed -n 's/^SigCgt:\t//p' /proc/$id/status))) >> 14 & 1)); }
until catches; do sleep 0.02; done
kill -s TERM $id && sleep 0.2 && kill -s TERM $id && sleep 0.2
kill -s INT $id
code=0 && wait $id 2>/dev/null || code=$?
[[ $code == 130 && ! -s errors ]]
[[ ! -e slow/checkpoint.safetensors ]]
