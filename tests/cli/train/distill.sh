# A student and its teacher: a run, a recipe that is trained first, several; and what a teacher must not be.
source "$HELPERS"
make_dataset digits
make_recipe big.toml 's/seed = 5/seed = 3/'
make_recipe small.toml
mkdir students
make_recipe students/student.toml 's|./digits|../digits|'
printf '\n[distill]\nteacher = "../big"\ntemperature = 2\nweight = 0.7\n' >>students/student.toml

fails 2 "rung: error: *big holds no run (*" "$RUNG" train students/student.toml --out run
"$RUNG" train big.toml --out big >/dev/null
"$RUNG" train small.toml --out plain >/dev/null
"$RUNG" train students/student.toml --out run >/dev/null
hash=$(sed -n 's/.*"weights_sha256": "\(.*\)".*/\1/p' big/result.json | tail -n 1)
sed -n '/^\[distill\]/,/^$/p' run/recipe.toml | sed "s|$PWD|.|; s|$hash|that of its result|"
[[ $(tail -n 1 run/metrics.jsonl) != "$(tail -n 1 plain/metrics.jsonl)" ]]
"$RUNG" verify run | tail -n 1

# Without a weight it is the student alone, to the bit.
make_recipe alone.toml
printf '\n[distill]\nteacher = "./big"\nweight = 0\n' >>alone.toml
"$RUNG" train alone.toml --out alone >/dev/null
weights() { sed -n 's/^  "weights_sha256": "\(.*\)".*/\1/p' "$1/result.json"; }
[[ $(weights alone) == "$(weights plain)" && -n $(weights plain) ]]

# A recipe as the teacher is trained once; a sweep's runs share it.
make_recipe taught.toml
printf '\n[distill]\nteacher = ["big.toml", "big"]\n' >>taught.toml
sed -i 's|"big"]|"./big"]|' taught.toml
"$RUNG" train taught.toml --out taught | grep -c '^First the teacher, Small$'
[[ -e runs/teacher-big-seed3/result.json ]]
grep -c "teacher = \[\"$PWD/runs/teacher-big-seed3\", \"$PWD/big\"\]" taught/recipe.toml
"$RUNG" sweep taught.toml small.toml --seeds 0..1 --epochs 1 --out both >said
not grep 'First the teacher' said
grep -oE '^\| (taught|small) +\| +2' both/sweep.md | tr -s ' ' | sort -u

# A run is repeated with the teacher that it began with, or not at all; it is evaluated without one.
mv big away
"$RUNG" eval taught | grep -c 'accuracy' | sed 's/^[1-9].*/evaluated/'
fails 2 "rung: error: *big holds no run (*" "$RUNG" verify taught
"$RUNG" train small.toml --seed 9 --out big >/dev/null
fails 2 "rung: error: the teacher *big has other weights than when this training began*" "$RUNG" verify taught
rm -r big && mv away big
"$RUNG" verify taught | tail -n 1

# A search stands for its best runs, four at most.
echo 'epochs = [1, 9]' >space.toml
"$RUNG" search small.toml --target final_test_accuracy=90 --candidates 24 --claim-seeds 2 --space space.toml --out found >said
make_recipe pupil.toml
printf '\n[distill]\nteacher = "./found"\n' >>pupil.toml
"$RUNG" train pupil.toml --out pupil >/dev/null
python3 - <<'PYTHON'
import json, re
candidates = json.load(open("found/candidates.json"))["candidates"]
runs = sorted((full["loss"], f"{one['name']}-full-seed{full['seed']}") for one in candidates for full in one["full"])
taught_by = re.findall(r"found/runs/(c\d{4}-full-seed\d+)", open("pupil/recipe.toml").read())
assert len(runs) > 4 and taught_by == [name for _, name in runs[:4]], (runs, taught_by)
PYTHON

searches='"./found", "./found", "./found", "./found", "./found"'
fails 2 'rung: error: there are 20 teachers, and at most 16 are possible (*' "$RUNG" train pupil.toml --set "distill.teacher=[$searches]" --out crowd
[[ ! -e crowd ]]

# What cannot teach.
make_recipe wide.toml
printf '\n[distill]\nteacher = "taught.toml"\n' >>wide.toml
fails 2 'rung: error: the teacher *taught.toml has a recipe as its own teacher (*' "$RUNG" train wide.toml --out wide
make_recipe other.toml 's/^name = "\.\/digits"/&\nmean = 0.1/'
"$RUNG" train other.toml --out other >/dev/null
make_recipe misfit.toml
printf '\n[distill]\nteacher = "./other"\n' >>misfit.toml
fails 2 'rung: error: the teacher *other was trained on images that are normalised by another mean and std (*' \
  "$RUNG" train misfit.toml --out misfit
fails 2 'rung: error: there is no recipe*' "$RUNG" train small.toml --set 'distill.teacher="nobody"' --out none
