# Colours: on a terminal, except with NO_COLOR or a dumb terminal; elsewhere only with CLICOLOR_FORCE.
source "$HELPERS"
needs_terminal
make_dataset digits
make_recipe small.toml 's/^below = .*/below = 10/'
unset NO_COLOR
coloured() { LC_ALL=C grep -q $'\e\\[[0-9]*m' "$1"; }

in_terminal 100 "train small.toml --epochs 1 --out run" >screen
grep -ao $'\e\\[31m  ✗ missed.*\e\\[0m' screen | sed $'s/\e/^[/g'
in_terminal 100 "train small.toml --epochs 1 --full --out whole" >screen
grep -ao $'\e\\[1mSmall\e\\[0m' screen | cat -v
in_terminal 100 "summary nothing" >screen && exit 1
grep -ao $'^rung: \e\\[31merror:\e\\[0m' screen | cat -v

NO_COLOR=1 in_terminal 100 "summary small.toml" >screen
if coloured screen; then cat -v screen && exit 1; fi
TERM=dumb in_terminal 100 "summary small.toml" >screen
if coloured screen; then cat -v screen && exit 1; fi
NO_COLOR="" in_terminal 100 "summary small.toml" >screen && coloured screen

"$RUNG" summary small.toml >out && not coloured out
CLICOLOR_FORCE=0 "$RUNG" summary small.toml >out && not coloured out
CLICOLOR_FORCE=1 "$RUNG" summary small.toml >out && coloured out
NO_COLOR=1 CLICOLOR_FORCE=1 "$RUNG" summary small.toml >out && not coloured out
CLICOLOR_FORCE=1 "$RUNG" summary small.toml --json >out && one_document out
