# In a terminal: a bar fits on its line at any width, and stays when it is full; an error starts on a new line.
source "$HELPERS"
needs_terminal
make_dataset digits
make_recipe small.toml
make_recipe wild.toml 's/^lr = .*/lr = 900_000/; /batch_norm2d/d'

# The successive contents of one line, as lines; their widths in characters.
drawn() { tr '\r' '\n' <"$1" | LC_ALL=C sed 's/\x1b\[K//g'; }
widest() { drawn "$1" | grep -E "^(Epoch|Runs:)" | LC_ALL=C sed 's/[\x80-\xbf]//g' | LC_ALL=C awk '{ if (length > most) most = length } END { print most + 0 }'; }

for columns in 10 40 80 200; do
  in_terminal $columns "train small.toml --epochs 3 --out run$columns" >screen
  width=$(widest screen)
  ((width > 0 && width < columns)) || { echo "$columns columns, but a bar of $width" && exit 1; }
  # Three full bars, each ended by a line feed, and a line after each.
  [[ $(grep -acP 'Epoch ./3: 100%.*\x1b\[K\r$' screen) == 3 || $columns == 10 ]] || { cat -v screen && exit 1; }
  [[ $(grep -ac '^Test set: average loss' screen) == 3 ]]
done
in_terminal 80 "train small.toml --out wide80" >screen
drawn screen | grep -E '^Epoch 2/2: 100%\|█+\| 8/8 \[<00:00, *[0-9]+/s, loss=[0-9.]+, acc=[0-9. ]+%\]$' | tail -n 1

# A sweep has one bar for all its runs, which makes room for errors.
for columns in 10 40 80; do
  in_terminal $columns "sweep small.toml wild.toml --seeds 0..9 --epochs 9 --jobs 2 --out sweep$columns" >screen && exit 1
  width=$(widest screen)
  ((width > 0 && width < columns)) || { echo "$columns columns, but a bar of $width" && exit 1; }
  [[ $(drawn screen | grep -ac '^[0-9]*/20 wild-seed[0-9]: diverged: ') == 10 ]] || { cat -v screen && exit 1; }
  if drawn screen | grep 'small-seed.*last epoch'; then exit 1; fi
done

in_terminal 80 "train wild.toml --out wild" >screen && exit 1
drawn screen | grep '^rung: error: epoch 1, batch'
