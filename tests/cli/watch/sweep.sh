# A sweep is followed from the middle to the end, one line per run; on a terminal, redrawn in place.
source "$HELPERS"
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 40/'
make_recipe other.toml

"$RUNG" sweep small.toml other.toml --seeds 0..3 --jobs 2 --out sweep >said & id=$!
until [[ -e sweep/plan.json ]]; do sleep 0.02; done
"$RUNG" watch sweep >lines
wait $id
diff <(sed -E 's/^[0-9]+(.8 .*)$/\1/' lines | sed '$d' | sort) <(sed -E '/^[0-9]+.8 /!d; s/^[0-9]+//; s/, [0-9:]+ left$//' said | sort)
tail -n 1 lines
lists sweep plan.json report.html sweep.{json,md} recipes recipes/{small,other}.toml runs \
  runs/{small,other}-seed{0..3}{,/{recipe.toml,metrics.jsonl,checkpoint{,.previous}.safetensors,best.safetensors,result.json}}

# An interrupted sweep; Ctrl-C ends the watching, not the sweep.
"$RUNG" sweep small.toml --seeds 0,1 --epochs 100000 --jobs 1 --out cut >/dev/null 2>&1 & id=$!
until [[ -e cut/plan.json ]]; do sleep 0.02; done
interrupts_watching cut
kill -s TERM $id && not wait $id
fails 1 "rung: error: cut stopped with 0 of 2 runs finished, and no process is working on it (resume with the \`rung sweep\` command *)" "$RUNG" watch cut
echo '{"format":"rung-sweep-plan"}' >cut/plan.json
fails 1 "rung: error: cut/plan.json: not the plan of a sweep" "$RUNG" watch cut

needs_terminal
for columns in 12 40 80; do
  "$RUNG" sweep small.toml other.toml --seeds 0..3 --out seen$columns >/dev/null & id=$!
  until [[ -e seen$columns/plan.json ]]; do sleep 0.02; done
  in_terminal $columns "watch seen$columns" >screen
  wait $id
  (($(grep -ao $'\e\\[H' screen | wc -l) > 1))
  grep -aq 'under' screen
  widest=$(LC_ALL=C sed $'/\e\\[?1049l/q' screen | LC_ALL=C sed $'s/\e\\[?1049l.*//; s/\e\\[H/\\n/g' |
    LC_ALL=C sed $'s/\e\\[?[0-9]*[hl]//g; s/\e\\[[0-9]*[mJK]//g; s/[\x80-\xbf]//g; s/\r//g' |
    LC_ALL=C awk '{ if (length > most) most = length } END { print most + 0 }')
  ((widest > 0 && widest < columns)) || { echo "$columns columns, but a line of $widest" >&2 && exit 1; }
done
LC_ALL=C sed -n $'/\e\\[?1049l/,$p' screen | LC_ALL=C sed $'s/.*\e\\[?1049l//; s/\e\\[[0-9]*m//g; s/\r//'
