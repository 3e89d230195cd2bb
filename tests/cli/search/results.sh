# What a search writes: the front, the claims, a page, and a recipe that trains.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
echo 'fixed = ["epochs", "augment"]' >space.toml
search=(search small.toml --target final_test_accuracy=12 --candidates 12 --batch 4 --claim-seeds 5 --space space.toml)
"$RUNG" "${search[@]}" --out out >log
[[ $(grep -c '^Generation' log) -ge 2 ]]
grep -qE '^\| c[0-9]{4} \| [0-9,]+ \| [0-9.]+ \| [0-9.]+ % \|' out/search.md
grep -q '12 % is claimed of the test images: mean' out/search.md
grep -q '^Found c.* No more were drawn: the limit is 12 candidates[.]$' out/search.md
grep -qE '^\| c[0-9]{4} \|.*\| [0-9.]+ %: claimed \| [^|]+ \|$' out/search.md
grep -q '<p class="lead">Found c.* No more were drawn: the limit is 12 candidates[.]</p>' out/report.html
grep -q '"label":"claimed"' out/report.html
claimed=$(python3 -c 'import json; print(json.load(open("out/candidates.json"))["claimed"])')
[[ $claimed == c* ]] && grep -q "^Found $claimed, " out/search.md
[[ $("$RUNG" "${search[@]}" --out out --json 2>said | python3 -c 'import json, sys; print(json.load(sys.stdin)["claimed"])') == "$claimed" ]]
[[ $(grep -c Generation said) == 0 ]]
"$RUNG" train out/found.toml --out run >/dev/null
"$RUNG" watch out | tail -n 1 | grep -q '^Finished: out/search.md has the result$'
grep -q 'id="c0003"' out/report.html
# What is fixed stays, in every candidate.
[[ $(find out/runs -path '*-full-*' -name recipe.toml -exec grep -h '^epochs = ' {} + | sort -u) == "epochs = 2" ]]
# The same seed draws the same candidates; another draws others; random ones are a baseline.
changes() { python3 -c 'import json, sys; print([c["change"] for c in json.load(open(sys.argv[1]))["candidates"]])' "$1/candidates.json"; }
"$RUNG" "${search[@]}" --jobs 1 --out again >log
[[ $(changes out) == "$(changes again)" ]]
"$RUNG" "${search[@]}" --seed 2 --out other >log
[[ $(changes out) != "$(changes other)" ]]
"$RUNG" "${search[@]}" --strategy random --out random >log
[[ $(changes out) != "$(changes random)" ]]
grep -q '"strategy": "random"' random/candidates.json

echo 'epochs = [1, 40]' >wide.toml
# From a folder of images, with a first recipe for them, towards other costs.
"$RUNG" search ./digits --target final_test_accuracy=10 --minimise flash_bytes --at-most params=3000 --candidates 3 \
  --claim-seeds 2 --space wide.toml --out folder >log
grep -q 'bytes of flash' log
"$RUNG" search small.toml --target final_test_accuracy=10 --minimise train_seconds --candidates 3 --claim-seeds 2 \
  --space space.toml --out time >log
grep -qE ': [0-9]+[.][0-9] s of training, ' log
