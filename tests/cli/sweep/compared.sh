# What recipes are compared by: the validation images where all hold out the same, else the test images; and recipes of
# different datasets not at all.
source "$HELPERS"
make_dataset digits
cp -r digits others
make_recipe first.toml
make_recipe second.toml 's/^lr = .*/lr = 0.2/; s/digits/others/; s/^metric = .*/metric = "final_test_accuracy"/; s/^below = .*/above = "previous"/'
"$RUNG" sweep first.toml second.toml --seeds 0..7 --epochs 1 --out apart >/dev/null
grep '^| second *| first' apart/sweep.md
grep '"second_is"' apart/sweep.json | sort -u
grep -o 'not compared: other images' apart/report.html
grep -E '^\| (first|second): ' apart/sweep.md | grep -o '^| [a-z]*'

make_recipe second.toml 's/^lr = .*/lr = 0.2/'
"$RUNG" sweep first.toml second.toml --seeds 0..2 --set dataset.validation=64 --out validated >said
grep -c '/6 .*: validation after the last epoch [0-9.]*%, best [0-9.]*%' said
"$RUNG" watch validated | grep -c 'validation after the last epoch'
grep -E '^## (Comp|.*accuracy)|^Recipes' validated/sweep.md
grep '"compared"' validated/sweep.json
grep -o 'Every run: [a-z ]*' validated/report.html
"$RUNG" sweep first.toml --seeds 0..2 --set dataset.validation=64,128 --out splits >/dev/null
grep -E '^## Comp|^Recipes' splits/sweep.md
grep -A 10 '"metric": "final_validation_accuracy"' splits/sweep.json | grep -E 'null|second_is'
