#!/usr/bin/env bash
# The wheel as its users get it: `pip install .` in a new environment, without a warning of the compiler; its size; then ten
# lines. wheel_test.sh SOURCE_DIR FOLDER: the environment stays in the folder, the wheel is built each time.
set -euo pipefail
source=$1
folder=$2

skip() {
  echo "skipped: $1"
  exit 77
}

# The newest Python that is here, for the stable interface of 3.12; else any.
python=""
for version in 3.14 3.13 3.12 3.11 3.10; do
  candidate=$(command -v "python$version") && "$candidate" -c 'import ensurepip, venv' 2>/dev/null && python=$candidate && break
done
[[ -n $python ]] || skip "no Python from 3.10 with venv"
mkdir -p "$folder"
[[ -x $folder/env/bin/pip ]] || "$python" -m venv "$folder/env"
env=$folder/env/bin
"$env/pip" --version
"$env/pip" download --quiet --no-deps --dest "$folder" tomli-w >/dev/null 2>&1 || skip "PyPI does not answer"

rm -f "$folder"/rung-*.whl
"$env/pip" wheel --verbose --no-deps --wheel-dir "$folder" "$source" >"$folder/wheel.log" 2>&1 ||
  { tail -n 40 "$folder/wheel.log" && exit 1; }
if grep -n 'warning:' "$folder/wheel.log"; then
  echo "the compiler warns"
  exit 1
fi
wheel=$(echo "$folder"/rung-*.whl)
bytes=$(stat -c %s "$wheel")
echo "$(basename "$wheel"): $bytes bytes"
((bytes <= 5000000))

"$env/pip" install --quiet --force-reinstall "$wheel"
cd "$folder"
"$env/python" - <<'PYTHON'
import time
start = time.perf_counter()
import rung
seconds = time.perf_counter() - start
print(f"rung {rung.__version__}, imported in {1000 * seconds:.0f} ms")
from sklearn.datasets import load_digits
X, y = load_digits(return_X_y=True)
score = rung.Classifier().fit(X[:1200], y[:1200]).score(X[1200:], y[1200:])
print(f"digits: {100 * score:.1f} %")
assert score > 0.9
PYTHON
"$env/python" -c 'import rung, pathlib; assert (pathlib.Path(rung.__file__).parent / "_native.pyi").stat().st_size > 1000'
