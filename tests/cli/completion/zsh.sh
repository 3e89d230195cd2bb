# zsh: a separate shell on a pseudo terminal, in which Tab is pressed.
source "$HELPERS"
command -v zsh >/dev/null || { echo "skipped: there is no zsh" >&2 && exit 77; }
mkdir functions runs runs/one
PATH=$(dirname "$RUNG"):$PATH
rung completion zsh >functions/_rung

# After Tab a widget of the test writes the line to a file.
cat >driver <<'ZSH'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=($PWD/functions \$fpath); autoload -U compinit && compinit -D -u"
zpty -w shell 'report() { print -r -- "$BUFFER" >>lines; BUFFER=; }; zle -N report; bindkey "^G" report'
for line in "$@"; do
  zpty -w -n shell "$line"$'\t\a'
  until [[ $(grep -c "^${line%%=*}" lines) -gt 0 ]]; do sleep 0.02; zpty -r -t shell >/dev/null; done
done
zpty -d shell
ZSH
touch lines
timeout 120 zsh -f driver "rung tra" "rung data fe" "rung train --che" "rung train step5-" "rung eval --split=te" \
  "rung eval ru" "rung data info fash"
cat lines
