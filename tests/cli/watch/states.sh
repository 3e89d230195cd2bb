# What watch says about a run that is finished, interrupted, or without an epoch, and about a folder that is not a run.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
make_recipe long.toml 's/^epochs = .*/epochs = 100000/'

"$RUNG" train small.toml --out whole >/dev/null
"$RUNG" watch whole

fails 2 "rung: error: nowhere holds no run, no ladder and no sweep (give a folder that *)" "$RUNG" watch nowhere
fails 2 "rung: error: digits holds no run, no ladder and no sweep *" "$RUNG" watch digits

# A killed run: its lock file is left, and perhaps its position, but no process.
"$RUNG" train long.toml --out "killed run" >/dev/null & id=$!
begun "killed run"
kill -s KILL $id && not wait $id 2>/dev/null
echo '{"format":"rung-progress","version":1,"epoch":1,"epochs":2,"batch":1,"batches":8,"images":32,"correct":3,"loss":2.5,"seconds":1}' >"killed run/progress.json"
touch "killed run/.lock"
fails 1 "rung: error: killed run stopped after epoch [1-9]* of 100000, and no process is working on it (resume with \`*rung train --resume 'killed run'\`)" "$RUNG" watch "killed run"

# A run without a finished epoch, first running and then stopped.
make_recipe slow.toml 's/out_channels = 8, kernel_size = 5, stride = 2/out_channels = 8000, kernel_size = 15/'
"$RUNG" train slow.toml --threads 1 --out slow >/dev/null & id=$!
until [[ -e slow/recipe.toml ]]; do sleep 0.02; done
"$RUNG" watch slow >lines 2>errors & watcher=$!
sleep 0.5
kill -s KILL $id && not wait $id 2>/dev/null
code=0 && wait $watcher || code=$?
[[ $code == 1 && ! -s lines ]]
cat errors >&2
grep -qx 'rung: error: slow stopped before the end of its first epoch, and no process is working on it (resume with `.*rung train --resume slow`)' errors

# Foreign files in the folder do no harm.
echo '{' >whole/progress.json
"$RUNG" watch whole | tail -n 1
echo 'no record' >whole/metrics.jsonl
fails 1 "rung: error: whole/metrics.jsonl: line 1: not a JSON object" "$RUNG" watch whole
