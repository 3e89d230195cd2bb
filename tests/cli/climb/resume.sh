# An interrupted climb: finished steps are skipped, the current one resumes, the others follow.
source "$HELPERS"
make_dataset digits
make_recipe first.toml 's/^epochs = .*/epochs = 3/'
make_recipe second.toml 's/^epochs = .*/epochs = 100/; s/^below = .*/below = "previous"/; s/out_channels = 8/out_channels = 9/'
make_recipe third.toml 's/^epochs = .*/epochs = 3/'
"$RUNG" climb first.toml second.toml third.toml --out whole >/dev/null

# (The shell makes its background jobs ignore SIGINT.)
env --default-signal=INT "$RUNG" climb first.toml second.toml third.toml --out ladder >log 2>errors & id=$!
until [[ -e ladder/second/metrics.jsonl ]]; do sleep 0.02; done
fails 2 "rung: error: another process is writing to ladder (*" "$RUNG" climb --resume ladder
kill -s INT $id || true
code=0 && wait $id || code=$?
[[ $code == 130 ]]
sed 's/after .* (/after * (/' errors
rm first.toml second.toml third.toml

"$RUNG" climb --resume ladder >log
grep -E '^[123]/3|^ladder|^Written' log
rm ladder/*/events.*
lists ladder ladder.{json,md} report.html {first,second,third}{,/{recipe.toml,metrics.jsonl,checkpoint{,.previous}.safetensors,best.safetensors,result.json}}
timeless() { sed -E 's/[0-9.]+ s of training and [0-9.]+ s/* s/; s/[0-9.]+ \|( +[0-9]+ of [0-9]+ \|)$/* |\1/; s/ +\* \|/ * |/; s/("[a-z_]*seconds": ?)[0-9.e+-]+/\1/g' "$1"; }
for file in ladder.json ladder.md {first,second,third}/{metrics.jsonl,result.json}; do diff <(timeless whole/$file) <(timeless ladder/$file); done
for step in first second third; do cmp {whole,ladder}/$step/best.safetensors; done

# A step that was resumed alone is judged against the one before it again.
rm ladder/second/result.json && "$RUNG" train --resume ladder/second >/dev/null
grep -c '"bound": null' ladder/second/result.json
"$RUNG" climb --resume ladder >/dev/null
diff <(timeless whole/second/result.json) <(timeless ladder/second/result.json)

# The document about the steps stays while the first steps are only read.
cp ladder/ladder.md before.md
rm ladder/third/{result.json,checkpoint.safetensors,checkpoint.previous.safetensors}
fails 1 "rung: error: ladder/third holds the epochs of a run, but *" "$RUNG" climb --resume ladder
cmp ladder/ladder.md before.md

fails 2 "rung: error: first holds no ladder (*" "$RUNG" climb --resume first
fails 2 "rung: error: ladder holds a ladder, not a run (give one of its steps, *" "$RUNG" eval ladder
fails 2 "rung: error: ladder/first holds a run, not a ladder (*" "$RUNG" climb --resume ladder/first
for bad in '' '{' '[]' '{"format":"rung-ladder","version":1,"steps":[]}' '{"format":"rung-ladder","version":1,"steps":[7]}'; do
  echo "$bad" >ladder/ladder.json
  fails 1 "rung: error: ladder/ladder.json: not the steps of a ladder" "$RUNG" climb --resume ladder
done
