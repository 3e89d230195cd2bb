# A folder that cannot be written, or already holds a run: nothing is trained, left behind or overwritten.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
touch file
long=$(printf 'x%.0s' {1..300})

for command in train climb; do
  fails 1 "rung: error: cannot create the folder file/*: Not a directory" "$RUNG" $command small.toml --out file/run
  fails 1 "rung: error: cannot create the folder /proc/*: No such file or directory" "$RUNG" $command small.toml --out /proc/run
  fails 1 "rung: error: cannot look at $long/*: File name too long" "$RUNG" $command small.toml --out "$long"
done
fails 1 "rung: error: cannot write file/d.png: Not a directory" "$RUNG" data show ./digits --out file/d.png
fails 1 "rung: error: cannot write digits: Is a directory" "$RUNG" data show ./digits --out digits
lists . digits digits/{train,t10k}-{images-idx3,labels-idx1}-ubyte small.toml file

"$RUNG" train small.toml --out run >/dev/null
"$RUNG" climb small.toml --out ladder >/dev/null
find run ladder -type f -exec sha256sum {} + >before
fails 2 "rung: error: run already holds a run (choose another folder with --out, or remove it)" "$RUNG" train small.toml --out run
fails 2 "rung: error: ladder already holds a ladder (choose another folder with --out, or remove it)" "$RUNG" climb small.toml --out ladder
fails 2 "rung: error: ladder already holds a ladder (*" "$RUNG" train small.toml --out ladder
fails 2 "rung: error: run already holds a run (*" "$RUNG" climb small.toml --out run
"$RUNG" sweep small.toml --seeds 1 --out sweep >/dev/null
for command in train climb; do
  fails 2 "rung: error: sweep already holds a sweep (*" "$RUNG" $command small.toml --out sweep
done
mkdir noted && echo mine >noted/ladder.md
fails 2 "rung: error: noted already holds a ladder.md (*" "$RUNG" climb small.toml --out noted
[[ $(<noted/ladder.md) == mine ]]
mkdir other && cp -r run other/small
make_recipe first.toml
fails 2 "rung: error: other/small already holds a run (*" "$RUNG" climb first.toml small.toml --out other
lists other small small/{recipe.toml,metrics.jsonl,checkpoint{,.previous}.safetensors,best.safetensors,result.json,events.out.tfevents.000001,report.html}
sha256sum --quiet -c before

# A link at a run's output file is not followed; a link that --out names is.
mkdir linked && echo mine >victim && ln -s ../victim linked/events.out.tfevents.000001
"$RUNG" train small.toml --out linked >/dev/null
[[ $(<victim) == mine && ! -L linked/events.out.tfevents.000001 ]]
ln -s page.html between && ln -s between link && "$RUNG" report linked --out link >/dev/null
[[ -L link && -L between && -s page.html ]]
ln -s loop loop && fails 1 "rung: error: cannot write loop: *" "$RUNG" report linked --out loop
