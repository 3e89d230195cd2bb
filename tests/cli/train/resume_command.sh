# The command that resumes a run has every option that was given, but for those whose values the run's folder keeps.
source "$HELPERS"
make_dataset digits
make_recipe long.toml 's:\./digits:/nowhere/digits:'
mkdir "my data" && mv digits "my data"
simd=$(least_target long.toml)
kept=(--seed 7 --epochs 90000 --no-validation --set optimizer.lr=0.02 --set training.batch_size=16)
again=(--checkpoint-seconds 5.5 --strict --full --json --quiet)
"$RUNG" train --threads 1 "${kept[@]}" "${again[@]}" --out "it's here" long.toml --simd="$simd" --data "my data" \
  >log 2>errors & id=$!
begun "it's here"
kill -s TERM $id && not wait $id
command=$(sed -n 's/.*resume with `\(.*\)`.*/\1/p' errors)
[[ $command == *"rung train --threads 1 --data 'my data' --simd $simd --resume 'it'\\''s here' ${again[*]}" ]] ||
  { echo "$command" >&2 && exit 1; }

# No option is missing in this test.
for option in $("$RUNG" train --help | sed -nE 's/^  (-.,)?(--[a-z0-9-]+).*/\2/p'); do
  [[ " $command ${kept[*]} --out --help " == *" $option "* ]] || { echo "$option is not tested" >&2 && exit 1; }
done

# It resumes what it says.
epochs() { wc -l <"it's here/metrics.jsonl"; }
before=$(epochs)
eval "exec $command" >log 2>errors & id=$!
until (($(epochs) > before)); do sleep 0.02; done
kill -s TERM $id && not wait $id
[[ $(sed -n 's/.*resume with `\(.*\)`.*/\1/p' errors) == "$command" ]]

# A folder whose name looks like an option.
"$RUNG" train long.toml --data "my data" --epochs 90000 --out=-run >log 2>errors & id=$!
begun ./-run
kill -s TERM $id && not wait $id
grep -q "rung train --data 'my data' --resume=-run\`" errors
