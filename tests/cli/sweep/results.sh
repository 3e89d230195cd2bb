# Two recipes with three seeds: a folder for each run, a table, sweep.json, sweep.md and a page; each run equals that of
# `train`.
source "$HELPERS"
make_dataset digits
make_recipe first.toml
make_recipe second.toml 's/^lr = .*/lr = 0.2/; s/^below = .*/below = "previous"/'
"$RUNG" sweep first.toml second.toml --seeds 3,5..6 --out out >log
head -n 7 log | sed -E 's/(first|second)-seed[356]: .*/RUN/'
sed -n '/^# /,$p' log | head -n -2 >document
diff <(sed '$d' document) out/sweep.md
grep -E '^#|^(2|6) of|^\| (second: )' out/sweep.md
lists out plan.json report.html sweep.{json,md} recipes recipes/{first,second}.toml runs \
  runs/{first,second}-seed{3,5,6}{,/{recipe.toml,metrics.jsonl,checkpoint{,.previous}.safetensors,best.safetensors,result.json}}
"$RUNG" train first.toml --seed 5 --out alone >/dev/null
cmp alone/best.safetensors out/runs/first-seed5/best.safetensors
diff <(sed -E 's/("[a-z_]*seconds": ?)[0-9.e+-]+/\1/; s/"threads.*//' alone/result.json) <(sed -E 's/("[a-z_]*seconds": ?)[0-9.e+-]+/\1/; s/"threads.*//' out/runs/first-seed5/result.json)

# Again: nothing runs. More seeds: only they run.
find out/runs -type f -printf '%p %T@\n' | sort >before
"$RUNG" sweep first.toml second.toml --seeds 3,5..6 --out out | sed -n '1p; /^# /p'
find out/runs -type f -printf '%p %T@\n' | sort | diff before -
"$RUNG" sweep first.toml second.toml --seeds 3..6 --out out | sed -n '2p; /^# /p'

# A grid, in a folder named after it.
"$RUNG" sweep first.toml --seeds 1 --epochs 1 --set optimizer.lr=0.01,0.02 --set 'optimizer.nesterov=true,false' --jobs 2 >log
ls runs/sweep-first-lr-nesterov/runs
grep -h '^epochs\|^lr =\|^nesterov' runs/sweep-first-lr-nesterov/runs/*lr=0.02-nesterov=true-seed1/recipe.toml
# A key with one value is not in the names. Other settings of the same keys are another sweep, with a folder of its own,
# and the same command finds its folder.
"$RUNG" sweep first.toml --seeds 1 --epochs 1 --set optimizer.lr=0.01 --set training.batch_size=64,128 >/dev/null
ls runs/sweep-first-lr-batch_size/runs
"$RUNG" sweep first.toml --seeds 1 --epochs 1 --set optimizer.lr=0.02 --set training.batch_size=64,128 >log
head -n 2 log
"$RUNG" sweep first.toml --seeds 1 --epochs 1 --set optimizer.lr=0.02 --set training.batch_size=64,128 >log
head -n 2 log

# A recipe with a validation split has tables about it.
make_recipe validated.toml 's/^name = .*/&\nvalidation = 64/'
"$RUNG" sweep validated.toml first.toml --seeds 1,2 --out validated >log
grep -iA 4 '^## .*validation' log | grep -oE '^## .*|^\| [a-z]+ '
"$RUNG" sweep validated.toml --seeds 1,2 --no-validation --out unvalidated >log
if grep validation log; then exit 1; fi
weights() { grep weights_sha256 "$1/result.json"; }
diff <(weights unvalidated/runs/validated-seed1) <(weights validated/runs/first-seed1)
