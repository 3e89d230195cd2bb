# Tables and text take the available width: full in a file, fitted on a terminal.
source "$HELPERS"
needs_terminal
make_dataset digits
make_recipe small.toml
make_recipe wide.toml 's/^title = .*/title = "文字認識 5×5"/'
# widest <file>: columns of its widest line.
widest() { tr -d '\r' <"$1" | sed 's/.*\x1b\[K//; s/[文字認識]/xx/g; s/[×→✓✗–±…·]/x/g' | awk '{ if (length > most) most = length } END { print most + 0 }'; }
export LC_ALL=C.UTF-8

for columns in 45 60 80 120; do
  in_terminal $columns "summary wide.toml" >screen
  width=$(widest screen)
  ((width <= columns)) || { echo "summary: $columns columns, but a line of $width" && cat screen && exit 1; }
  # The rules are as wide as the table.
  tr -d '\r' <screen | awk '/^=/ { rule = length } /^ *Conv2d-0 / { row = length } END { exit rule != row }'
done
in_terminal 45 "summary wide.toml" | tr -d '\r' | sed -n '1,4p'

"$RUNG" climb small.toml wide.toml --epochs 1 --full --out ladder >text
in_terminal 60 "climb --resume ladder" >screen
sed -i '/^What to try/,$d' screen  # commands stay whole, each on a line of its own
(($(widest screen) <= 60)) || { cat screen && exit 1; }
tr -d '\r' <screen | grep -E '^(step|small|wide) '
in_terminal 60 "climb --resume ladder --full" >screen
sed -i '/^What to try/,$d' screen
(($(widest screen) <= 60)) || { cat screen && exit 1; }
tr -d '\r' <screen | grep -E '^(step|small|wide|best test|accuracy, %) '
# In a file it is the document as it is written.
sed -n '/^# Ladder/,/^The goal/p' text | head -n -2 | diff - ladder/ladder.md

# A terminal shows plain text, without Markdown's markup.
make_recipe starred.toml 's/^title = .*/title = "5 * 5 [one] | _two_"/'
in_terminal 80 "train starred.toml --epochs 1 --full --out starred" >screen
tr -d '\r' <screen | grep -xF '5 * 5 [one] | _two_'
not grep -E '[\\]|^#|^\|' screen
