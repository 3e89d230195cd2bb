# A sweep that is told to end, or killed, resumes when the same command is given again: same final table.
source "$HELPERS"
make_dataset digits
make_recipe long.toml 's/^epochs = .*/epochs = 40/'
sweep=("$RUNG" sweep long.toml --seeds 0..7 --jobs 2)
"${sweep[@]}" --out whole >/dev/null

for signal in TERM KILL; do
  "${sweep[@]}" --out $signal >log 2>errors & id=$!
  until [[ -e $signal/runs/long-seed2/metrics.jsonl ]]; do sleep 0.02; done
  fails 2 "rung: error: another process is writing to $signal (*" "${sweep[@]}" --out $signal
  kill -s $signal $id
  code=0 && wait $id 2>/dev/null || code=$?
  [[ $code == $((128 + $(kill -l $signal))) ]]
  [[ $(ls $signal/runs/*/result.json | wc -l) -lt 8 && ! -e $signal/sweep.md ]]
  sed 's/: [0-7] of/: * of/' errors
  "${sweep[@]}" --out $signal >log
  sed -n 2p log | grep -qx "$signal resumes: [0-7] of 8 runs \(is\|are\) over"
  diff whole/sweep.md $signal/sweep.md
  diff <(grep sha256 whole/sweep.json) <(grep sha256 $signal/sweep.json)
done
for seed in {0..7}; do cmp {whole,TERM}/runs/long-seed$seed/best.safetensors; done
