# The playground in a real browser: drawn digits are read, a test image is, networks stand side by side, one is trained.
source "$HELPERS"
use=$(dirname "$HELPERS")/../browser/playground.py
"$RUNG" train step6 --epochs 3 --out run >/dev/null
code=0
"$RUNG" playground run >said 2>errors || code=$?
if grep -q 'built without Emscripten' errors; then echo "skipped: $(<errors)" && exit 77; fi
cat errors && [[ $code == 0 ]]
cat said
# One file with everything in it, of at most 1.5 MB.
[[ $(stat -c %s playground.html) -le 1500000 ]]
not grep -qE '(src|href)="[^#d]' playground.html
python3 "$use" playground.html
# The box in the report, too.
python3 "${use%/*}/draw_box.py" run/report.html
