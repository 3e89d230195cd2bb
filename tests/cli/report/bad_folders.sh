# Folders without a run, or with a damaged one: one line that says what is wrong and where.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --epochs 1 --out run >/dev/null
mkdir empty ladder
echo '{"format": "rung-ladder", "version": 1, "steps": ["title = 1"]}' >ladder/ladder.json

fails 2 "*nowhere holds neither a run nor a ladder (*" "$RUNG" report nowhere
fails 2 "*empty holds neither a run nor a ladder (*" "$RUNG" report empty
fails 2 "rung: error: ladder/ladder.json:1:*" "$RUNG" report ladder
echo x >ladder/ladder.json && fails 1 "rung: error: ladder/ladder.json: not the steps of a ladder" "$RUNG" report ladder
fails 1 "rung: error: cannot write no/such/file.html: No such file or directory" "$RUNG" report run --out no/such/file.html

# damaged <pattern> <sed script for result.json>
damaged() {
  rm -rf copy && cp -r run copy
  sed -i -E "$2" copy/result.json
  fails 1 "$1" "$RUNG" report copy
}
damaged "rung: error: copy/result.json: not a JSON object" '1d'
damaged "rung: error: copy/result.json: \`title\` is missing" '/"title"/d'
damaged "rung: error: copy/result.json: \`version\` must be 1" 's/"version": 1/"version": 2/'
damaged "rung: error: copy/result.json: epoch 1: \`lr\` must be a number from *" 's/"lr": .*/"lr": "much",/'
damaged "rung: error: copy/result.json: epoch 1: \`test_accuracy\` must be *" 's/("test_accuracy": ).*/\1 1000,/'

damaged "rung: error: copy/result.json: epoch 1: \`test_loss\` must be *" 's/("test_loss": ).*/\1 null,/'
damaged "rung: error: copy/result.json: this is the result of another recipe *" 's/"seed": 5/"seed": 6/'

rm -rf copy && cp -r run copy && rm copy/result.json && echo '{"epoch": NaN}' >copy/metrics.jsonl
fails 1 "rung: error: copy/metrics.jsonl: line 1: not a JSON object" "$RUNG" report copy
rm -rf copy && cp -r run copy && echo 'title = ' >copy/recipe.toml
fails 2 "rung: error: copy/recipe.toml:1:*" "$RUNG" report copy

# Weights that are damaged or another recipe's, or missing files, cost only what they would have shown.
rm -rf copy && cp -r run copy && head -c 100 run/checkpoint.safetensors >copy/checkpoint.safetensors
"$RUNG" report copy >/dev/null
grep -q 'The weights are not used: copy/checkpoint.safetensors: byte 0' copy/report.html
rm -rf copy && cp -r run copy && sed -i 's/"relu"/"silu"/' copy/recipe.toml
"$RUNG" report copy >/dev/null
grep -q 'The weights are not used: copy/checkpoint.safetensors belongs to another recipe' copy/report.html
rm -rf copy && cp -r run copy && rm copy/checkpoint.safetensors
"$RUNG" report copy >/dev/null
grep -q 'The weights are missing' copy/report.html
rm -rf copy && cp -r run copy && rm copy/result.json
"$RUNG" report copy >/dev/null
grep -q 'The run has not finished: 1 of 1 epochs are done' copy/report.html
rm -rf copy && cp -r run copy && rm copy/result.json copy/metrics.jsonl
fails 2 "rung: error: copy holds a run without a finished epoch (*" "$RUNG" report copy

# A report that cannot be written does not fail a training run.
mkdir -p taken/report.html
"$RUNG" train small.toml --epochs 1 --out taken >log 2>errors
cat errors
