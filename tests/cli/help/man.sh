# The manual page has every command and every option, and no tool complains about it.
"$RUNG" help --man >rung.1
command -v mandoc >/dev/null || { echo "skipped: mandoc is missing" >&2 && exit 77; }
mandoc -T lint rung.1 >&2
mandoc -T utf8 rung.1 | sed 's/.\x08//g' >text

# has <text>: a line of the page consists of it, or begins with it.
has() { grep -qE -- "^ *$1( |$)" text || { echo "the page lacks: $1" >&2 && return 1; }; }
# options_of <command...>: each of its options as the page shows it, with its value's name.
options_of() { "$RUNG" "$@" --help | sed -nE 's/^  (-[^ ]+)( [A-Z][A-Z|=,.]*)?([ :].*|$)/\1\2/p' | sed 's/,--/, --/; /^-h, /d'; }
# All commands, and those below them, one a line.
commands() {
  local command
  for command in $("$RUNG" completion --values COMMAND); do
    echo "$command"
    "$RUNG" "$command" --help | sed -nE "/^Commands:/,/^\$/s/^  ([a-z-]+) .*/$command \1/p"
  done
}
commands >commands
grep -qx "data show" commands
while read -r command; do
  has "rung $command \[OPTION\.\.\.\].*"
  # shellcheck disable=SC2086 # two words may be two arguments
  mapfile -t options < <(options_of $command)
  sed -nE "/^ *rung $command \[OPT/,/^ *rung .*\[OPT|^EXIT/p" text >section
  for option in "${options[@]}"; do
    grep -qE -- "^ *${option//[|.]/.}( |$)" section || { echo "the section of $command lacks $option" >&2 && exit 1; }
  done
done <commands
for title in NAME SYNOPSIS DESCRIPTION OPTIONS COMMANDS "EXIT STATUS" EXAMPLES; do has "$title"; done
