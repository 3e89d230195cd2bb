# --set changes a key of the recipe, for `train` and for every step of `climb`, as it does for `sweep`.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 1/'
"$RUNG" train small.toml --set optimizer.lr=0.02 --set training.batch_size=64 >log
head -n 1 log
run=runs/small-lr=0.02-batch_size=64-seed5
grep -E '^(lr|batch_size) =' $run/recipe.toml
"$RUNG" sweep small.toml --seeds 5 --set optimizer.lr=0.02 --set training.batch_size=64 >/dev/null
cmp $run/best.safetensors runs/sweep-small-lr-batch_size/runs/small-seed5/best.safetensors
make_recipe other.toml
"$RUNG" climb small.toml other.toml --set training.epochs=1 --set 'optimizer.type="adam"' >log
head -n 1 log
grep -hE '^(epochs|type = "adam")' runs/climb-*/*/recipe.toml

for command in train climb; do
  refused() { fails 2 "rung: error: $1" "$RUNG" $command small.toml --out out "${@:2}"; }
  refused "small with optimizer.lrr=0.1: unknown key \`optimizer.lrr\`; * (did you mean \`lr\`?)" --set optimizer.lrr=0.1
  refused "\`optimizer.lr\` has 2 values (give one; *)" --set optimizer.lr=0.1,0.2
  refused "\`optimizer.lr\` is set twice (give each key once)" --set optimizer.lr=0.1 --set optimizer.lr=0.2
  refused "\`seed\` cannot be set (use --seed)" --set seed=1
  refused "--epochs and --set training.epochs cannot both be given (*" --epochs 3 --set training.epochs=1
  refused "--no-validation and --set dataset.validation cannot both be given (*" --no-validation --set dataset.validation=8
  fails 2 "rung: error: * excludes *" "$RUNG" $command --resume $run --set optimizer.lr=0.1
done
[[ ! -e out ]]
