# Every command's help goes to standard output, exits with 0 and has an example.
for command in "" climb train sweep watch eval verify report summary lr-find bench data "data fetch" "data info" "data show" completion; do
  # shellcheck disable=SC2086 # two words may be two arguments
  "$RUNG" $command --help >help 2>errors
  grep -q '^Example:$' help || { echo "rung $command --help has no example" && exit 1; }
  grep -q "^  rung ${command:-train}" help || { echo "rung $command --help: the example is another command's" && exit 1; }
  [[ ! -s errors ]]
done
