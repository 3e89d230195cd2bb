# Of 20 photographs of digits on paper, at least 18 are recognised after one epoch of training.
command -v python3 >/dev/null || { echo "skipped: there is no python3" >&2 && exit 77; }
source "$HELPERS"
"$RUNG" train "$RECIPES/beyond/step6.toml" --epochs 1 --out run >log
python3 "$(dirname "$HELPERS")/predict/make_photos.py" "$RUNG_DATA/mnist" photos

"$RUNG" predict run photos --fit mnist --csv >classes.csv
[[ $(wc -l <classes.csv) == 21 ]]
right=$(sed -nE 's:^photos/([0-9])-..png,,([0-9]),.*:\1 \2:p' classes.csv | awk '$1 == $2' | wc -l)
((right >= 18)) || { echo "only $right of 20 are right" >&2 && cat classes.csv >&2 && exit 1; }

# The ink is dark: said or found out, it is the same; taken for light, it is not there.
"$RUNG" predict run photos --fit mnist --invert yes --csv | diff classes.csv -
code=0
"$RUNG" predict run photos --fit mnist --invert no --csv >light.csv 2>errors || code=$?
[[ $(wc -l <light.csv) -lt 21 && $code == 1 ]]
grep -q 'photos/0-a.png: nothing stands out from the paper$' errors

# The images that were trained for are taken as they are, whether fitted or not; a digit's photograph needs the fit.
fails 1 'rung: error: photos/0-a.png: * (height × width), but the model takes 28×28 (--fit mnist *' "$RUNG" predict run photos/0-a.png
