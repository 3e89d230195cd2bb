# A process that may only read follows a run and a ladder, line by line, from the middle to the end.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 60/'
make_recipe other.toml 's/^epochs = .*/epochs = 10/'

"$RUNG" train small.toml --out run >/dev/null & id=$!
begun run
[[ ! -e run/result.json ]]
"$RUNG" watch run >lines
wait $id
[[ $(grep -c '^Epoch [0-9]*/60: .*%$' lines) == 60 ]]
[[ $(sed -n 's:^Epoch \([0-9]*\)/.*:\1:p' lines | sort -n | uniq | wc -l) == 60 ]]
tail -n 1 lines

"$RUNG" climb other.toml small.toml other.toml --out ladder >/dev/null & id=$!
until [[ -e ladder/ladder.json ]]; do sleep 0.02; done
"$RUNG" watch ladder >lines
wait $id
grep -v '^Epoch' lines
[[ $(grep -c '^Epoch' lines) == 80 ]]

# Neither the trainer nor the watcher leaves anything behind.
lists ladder/other recipe.toml metrics.jsonl checkpoint{,.previous}.safetensors best.safetensors result.json events.out.tfevents.000001

# An interrupted ladder names its step.
"$RUNG" climb other.toml small.toml --epochs 100000 --out cut >/dev/null 2>&1 & id=$!
begun cut/other
kill -s TERM $id && not wait $id
fails 1 "rung: error: cut stopped in other after epoch [1-9]* of 100000, and no process is working on it (resume with \`*rung climb --resume cut\`)" "$RUNG" watch cut

# Repeated watching does not keep a run from resuming.
while :; do "$RUNG" watch cut >/dev/null 2>&1 || true; done & watchers=$!
for _ in 1 2 3; do
  rm -f said  # else the last output may be taken for this one's
  "$RUNG" climb --resume cut >said 2>errors & id=$!
  until grep -qs ' resumes after ' said || ! kill -0 $id 2>/dev/null; do sleep 0.02; done
  kill -s TERM $id && not wait $id
  grep -q '^rung: error: interrupted after' errors || { cat said errors >&2 && exit 1; }
done
kill $watchers && not wait $watchers

# Ctrl-C ends the watching without a message, and does not end the run.
"$RUNG" train small.toml --epochs 100000 --out long >/dev/null 2>&1 & id=$!
begun long
interrupts_watching long
kill -s TERM $id && not wait $id

# A finished step must be done again, while the one after it is watched.
"$RUNG" climb other.toml small.toml --out back >/dev/null
rm back/small/result.json
(flock -x 9 && touch held && until [[ -e let_go ]]; do sleep 0.02; done) 9>back/.lock &
until [[ -e held ]]; do sleep 0.02; done
"$RUNG" watch back >lines 2>errors & id=$!
until grep -q '^2/2' lines; do sleep 0.02; done
rm back/other/result.json && touch let_go
code=0 && wait $id || code=$?
[[ $code == 1 ]]
cut -d '(' -f 1 errors
