# On a terminal: the alternate screen while the job runs, redrawn in place and never wider than the terminal; at the end
# the last state on the main screen.
source "$HELPERS"
needs_terminal
make_dataset digits
make_recipe small.toml 's/^epochs = .*/epochs = 60/'
make_recipe short.toml

for columns in 12 40 80 140; do
  "$RUNG" climb short.toml small.toml --out ladder$columns >/dev/null & id=$!
  until [[ -e ladder$columns/ladder.json ]]; do sleep 0.02; done
  in_terminal $columns "watch ladder$columns" >screen
  wait $id
  # Entered once, left once, and no cursor movement after that.
  [[ $(grep -ao $'\e\\[?1049h' screen | wc -l) == 1 && $(grep -ao $'\e\\[?1049l' screen | wc -l) == 1 ]]
  after=$(LC_ALL=C sed -n $'/\e\\[?1049l/,$p' screen | LC_ALL=C sed $'s/.*\e\\[?1049l//')
  [[ $after != *$'\e'* ]] || { cat -v screen >&2 && exit 1; }
  # Every frame begins at the top, and clears the rest of its lines and everything below; nothing is cleared before it
  # is drawn over.
  frames=$(grep -ao $'\e\\[H' screen | wc -l)
  ((frames > 1))
  if grep -aq $'\e\\[2J' screen; then exit 1; fi
  widest=$(LC_ALL=C sed $'/\e\\[?1049l/q' screen | LC_ALL=C sed $'s/\e\\[?1049l.*//; s/\e\\[H/\\n/g' |
    LC_ALL=C sed $'s/\e\\[?[0-9]*[hl]//g; s/\e\\[[JK]//g; s/[\x80-\xbf]//g; s/\r//g' |
    LC_ALL=C awk '{ if (length > most) most = length } END { print most + 0 }')
  ((widest > 0 && widest < columns)) || { echo "$columns columns, but a line of $widest" >&2 && exit 1; }
done
tr -d '\r' <<<"$after" | grep -aE '^(ladder|✓|train|test|best)'

# A finished run does not need the alternate screen.
in_terminal 80 "watch ladder80/short" >screen
if grep -aq $'\e' screen; then cat -v screen >&2 && exit 1; fi
TERM=dumb in_terminal 80 "watch ladder80/short" | grep -ac '^Epoch'

# Ctrl-C leaves the alternate screen with a visible cursor.
"$RUNG" train short.toml --epochs 100000 --out long >/dev/null & id=$!
"$RUNG" sweep short.toml --epochs 100000 --seeds 1,2 --out sweep >/dev/null 2>&1 & sweep_id=$!
begun long && begun sweep/runs/short-seed1
for job in long sweep; do
  script -qec "stty cols 80 rows 30 && exec timeout --foreground -s INT 1 '$RUNG' watch $job" /dev/null </dev/null >screen || true  # timeout says that it was needed
  [[ $(grep -ao $'\e\\[?1049h' screen | wc -l) == 1 && $(grep -ao $'\e\\[?1049l' screen | wc -l) == 1 ]]
  [[ $(grep -ao $'\e\\[?25h' screen | wc -l) == 1 ]] || { cat -v screen >&2 && exit 1; }
done
kill -s TERM $id $sweep_id && not wait $id && not wait $sweep_id
