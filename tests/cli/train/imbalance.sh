# Training images that are nearly all of class 0: the Analysis names the classes, result.json and eval say what is
# right by class, and class weights mend it.
source "$HELPERS"
make_dataset digits
head -c $((16 + 20 * 784)) digits/train-images-idx3-ubyte | tail -c +17 >twenty  # two of each class
head -c 784 twenty >zero
{ word 0x803 && word 320 && word 28 && word 28 && for ((i = 0; i < 300; ++i)); do cat zero; done && cat twenty; } >images
{ word 0x801 && word 320 && bytes 300 0 && for ((i = 0; i < 20; ++i)); do printf '%b' "\\x0$((i % 10))"; done; } >labels
mv images digits/train-images-idx3-ubyte
mv labels digits/train-labels-idx1-ubyte

balanced='s/^metric = .*/metric = "final_balanced_test_accuracy"/; s/^below = .*/at_least = 50/; s/^epochs = .*/epochs = 6/'
make_recipe small.toml "$balanced"
make_recipe weighted.toml "$balanced; s/^batch_size = .*/&\\nclass_weights = \"balanced\"/"
"$RUNG" train small.toml --out run | grep -iE 'balanced|collapse|limit'
grep -oE '"(final_balanced_test_accuracy|test_recall)": .*' run/result.json
"$RUNG" eval run | tail -n 1
"$RUNG" train weighted.toml --out weighted | grep -E 'met:|missed:'
grep class_weights weighted/recipe.toml
"$RUNG" verify weighted --quiet
