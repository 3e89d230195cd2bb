# Every command's help goes to standard output, ends with 0 and has an example.
for command in "" climb train sweep search watch eval predict playground verify report summary new lr-find bench data "data list" "data fetch" "data import" "data check" "data info" "data show" export "export onnx" "export c" help completion; do
  # shellcheck disable=SC2086 # two words may be two arguments
  "$RUNG" $command --help >help 2>errors
  grep -q '^Example:$' help || { echo "rung $command --help has no example" && exit 1; }
  grep -q "^  rung ${command:-train}" help || { echo "rung $command --help: the example is another command's" && exit 1; }
  [[ ! -s errors ]]
  # shellcheck disable=SC2086
  "$RUNG" help $command | diff help -
done
"$RUNG" -h | diff <("$RUNG" --help) -

# The list of all commands fits on a screen: each has one line.
"$RUNG" --help >help
[[ $(wc -L <help) -le 100 ]]
for command in climb train sweep search watch report eval predict playground verify export summary data new lr-find bench help completion; do
  grep -qE "^  $command +[A-Z]" help || { echo "rung --help: $command has no line" && exit 1; }
done

# Without a command, or without one of its own, it says what there is.
for group in "" data export; do
  code=0
  # shellcheck disable=SC2086 # none is no argument
  "$RUNG" $group >out 2>errors || code=$?
  [[ $code == 2 && ! -s out && $(tail -n 1 errors) == "rung: error: a command is missing: choose one of those above" ]]
  # shellcheck disable=SC2086
  "$RUNG" $group --help | diff - <(head -n -1 errors)
done
