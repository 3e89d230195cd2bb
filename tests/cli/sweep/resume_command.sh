# The command that resumes a sweep has every argument and option that was given.
source "$HELPERS"
make_dataset digits
mkdir "my recipes" && make_recipe "my recipes/small.toml" 's:\./digits:/nowhere/digits:'
mkdir "my data" && mv digits "my data"
simd=$(least_target "my recipes/small.toml")
rest=(--jobs 1 --data "my data" --simd "$simd" --int8 --checkpoint-seconds 5.5 --json --quiet)
"$RUNG" sweep --epochs 30 --no-validation --set optimizer.lr=0.01,0.02 --set 'optimizer.type="sgd"' --seeds 0,1 \
  "my recipes/small.toml" "${rest[@]}" >log 2>errors & id=$!
folder=runs/sweep-small-lr-type
until compgen -G "$folder/runs/*/metrics.jsonl" >/dev/null; do sleep 0.02; done
kill -s TERM $id && not wait $id
command=$(sed -n 's/.*resume with `\(.*\)`.*/\1/p' errors)
expected="sweep 'my recipes/small.toml' --seeds 0,1 --epochs 30 --no-validation --set 'optimizer.lr=0.01,0.02'"
expected+=" --set 'optimizer.type=\"sgd\"' --out $folder --jobs 1 --data 'my data' ${rest[*]:4}"
[[ $command == *"rung $expected" ]] || { echo "$command" >&2 && exit 1; }

# No option is missing in this test.
for option in $("$RUNG" sweep --help | sed -nE 's/^  (-.,)?(--[a-z0-9-]+).*/\2/p'); do
  [[ " $command --help " == *" $option "* ]] || { echo "$option is not tested" >&2 && exit 1; }
done

# It resumes what it says.
eval "$command" >document
[[ $(ls "$folder"/runs/*/result.json | wc -l) == 4 ]]
