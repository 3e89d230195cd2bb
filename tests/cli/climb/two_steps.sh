# A ladder of two recipes: a folder for each, and a report with Targets, Results and Analysis of each.
source "$HELPERS"
make_dataset digits
make_recipe first.toml
make_recipe second.toml 's/^below = .*/below = "previous"/; s/out_channels = 8/out_channels = 9/'
"$RUNG" climb first.toml second.toml --epochs 1 --out ladder >log
lists ladder ladder.{json,md} report.html {first,second} {first,second}/{recipe.toml,metrics.jsonl,checkpoint.safetensors,best.safetensors,result.json,events.out.tfevents.000001}
sed -n '/^Writ/p; /^Epoch/p; /^[12].2/p' log
grep -E '^#|Changed from|McNemar' ladder/ladder.md

# A missed target has its own exit code, but only on request.
code=0
"$RUNG" climb second.toml first.toml second.toml --epochs 1 --out strict --strict >/dev/null || code=$?
[[ $code == 3 ]]
ls strict
