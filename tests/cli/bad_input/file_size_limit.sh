# A file that may not grow: one line, no partial file, no folder of a run that never began.
source "$HELPERS"
make_dataset digits
make_recipe small.toml

# limited <blocks of 1,024 bytes> <command...>
# (Standard error goes through a pipe, for which the limit does not count.)
limited() { (ulimit -f "$1" && shift && "$@" 2>&1 >/dev/null) | cat >&2; }
limited 0 "$RUNG" --version || {
  echo "skipped: under a file-size limit the program does not start (ThreadSanitizer writes a file of its own)" >&2
  exit 77
}
fails 1 "rung: error: cannot write a/b/recipe.toml: File too large" limited 0 "$RUNG" train small.toml --out a/b
fails 1 "rung: error: cannot write a/b/ladder.json: File too large" limited 0 "$RUNG" climb small.toml --out a/b
fails 1 "rung: error: cannot write d.png: File too large" limited 1 "$RUNG" data show ./digits --out d.png
lists . digits digits/{train,t10k}-{images-idx3,labels-idx1}-ubyte small.toml
fails 1 "rung: error: cannot write run/*: File too large (resume with \`*rung train --resume run\`)" limited 2 "$RUNG" train small.toml --out run
lists run recipe.toml events.out.tfevents.000001
