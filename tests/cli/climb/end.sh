# The end of a ladder: the table, what was missed, what changed, whether the goal is met, and what to try next.
source "$HELPERS"
make_dataset digits
make_recipe first.toml
make_recipe second.toml 's/out_channels = 8/out_channels = 9/'
"$RUNG" climb first.toml second.toml --out ladder >log
sed -n '/^step /,$p' log
"$RUNG" climb second.toml first.toml --epochs 1 --out other | grep '^The goal'

# The commands work as they stand.
mapfile -t commands < <(sed -n 's/^  \(.*rung .*\)  # .*/\1/p' log)
[[ ${#commands[@]} == 3 ]]
for command in "${commands[@]}"; do eval "$command" >/dev/null; done

# Fewer epochs than the recipe has are not a failure of it: its targets say for how many they are meant.
make_recipe short.toml 's/^\[dataset\]/[[targets]]\nmetric = "final_test_accuracy"\nabove = 100\ntext = "no mistake"\n\n&/; s/^epochs = .*/epochs = 16/'
"$RUNG" climb short.toml --epochs 1 --out short >log
grep '^  short: ' log
grep -c 'no mistake, meant for 16 epochs' short/ladder.md short/short/result.json
"$RUNG" train short/short/recipe.toml --epochs 2 --out again >log
grep -E 'no mistake|parameters below' log
"$RUNG" train short.toml --set training.epochs=2 --out set | grep -c 'meant for 16 epochs'
