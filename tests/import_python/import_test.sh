#!/usr/bin/env bash
# `rung data import` of the files that only Python's libraries read, which the libraries themselves have written: the
# images are the expected ones to the last byte, and what is damaged is refused.
#   import_test.sh debian           with /usr/bin/python3 and Debian's SciPy and h5py
#   import_test.sh pypi FOLDER      with pyarrow and newer ones of the others, in a virtual environment that FOLDER keeps
# Its environment has RUNG, the program under test. The versions are for Python 3.11.
set -euo pipefail
: "${RUNG:?is the path of the program}"
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
versions="pyarrow==26.0.1 scipy==1.17.1 h5py==3.16.0 numpy==2.4.6"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
  echo "skipped: $1" >&2
  exit 77
}

case $1 in
  debian)
    python=/usr/bin/python3 libraries=(scipy h5py)
    "$python" -c 'import scipy, h5py' 2>"$scratch/log" || skip "$python lacks SciPy or h5py: $(tail -n 1 "$scratch/log")"
    ;;
  pypi)
    mkdir -p "$2"
    kept=$(realpath "$2")/readers python=$kept/bin/python libraries=(scipy h5py pyarrow)
    if [[ $(cat "$kept/versions" 2>/dev/null) != "$versions" ]]; then
      rm -rf "$kept"
      # shellcheck disable=SC2086 # a word for each package
      { python3 -m venv "$kept" && "$kept/bin/pip" install --quiet --disable-pip-version-check --no-compile $versions; } \
        >"$scratch/log" 2>&1 || { tail -n 3 "$scratch/log" && skip "the packages $versions cannot be installed"; }
      echo "$versions" >"$kept/versions"
    fi
    ;;
esac

mkdir "$scratch/files" && cd "$scratch/files"
"$python" "$here/make_files.py" "${libraries[@]}"
export RUNG_PYTHON=$python

# gives <folder of expected/> <source> [option...]
gives() {
  local expected=expected/$1 file
  shift
  "$RUNG" data import "$@" --out new >said || { echo "$1 was not imported" && exit 1; }
  for file in "$expected"/*; do
    cmp "$file" "new/${file##*/}" || { echo "$* differs" && exit 1; }
  done
  rm -r new
  nothing_left "$@"
}

# refuses <exit code> <pattern of the message> <source> [option...]
refuses() {
  local expected=$1 pattern=$2 code=0 message
  shift 2
  "$RUNG" data import "$@" --out new >said 2>errors || code=$?
  message=$(cat errors)
  # shellcheck disable=SC2053 # a pattern
  [[ $code == "$expected" && $message == "rung: error: "$pattern ]] ||
    { printf '%s\n' "$* gives $code and:" "$message" "instead of:" "$pattern" && exit 1; }
  nothing_left "$@"
}

nothing_left() {
  [[ -z $(find . -name '.*' ! -name .) && ! -e new ]] || { echo "$* leaves something behind" && exit 1; }
}

has() { [[ " ${libraries[*]} " == *" $1 "* ]]; }

# The modules of the user's folder are not the libraries.
for module in numpy scipy h5py pyarrow json; do echo 'raise SystemExit("the wrong module")' >$module.py; done
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=.

if has scipy; then
  gives numbers svhn --map 10=0
  gives numbers rows.mat --size 5x6
  gives numbers emnist-few.mat --size 6x5
  gives names cells.mat
  env -u PYTHONPATH "$python" -I -c 'import shutil; shutil.make_archive("packed", "zip", ".", "svhn")'
  gives numbers packed.zip --map 10=0
  gives numbers svhn/train_6x5.mat svhn/test_6x5.mat --images X --labels y --map 10=0
  refuses 1 'none.mat: it holds no arrays *' none.mat
  refuses 1 'cut.mat: scipy cannot read it: *' cut.mat
  refuses 2 'there is no array z (there are *)' rows.mat --images z --labels set.train.labels
fi

if has h5py; then
  gives numbers groups.h5
  gives names names.hdf5
  gives numbers v73.mat
  refuses 1 'no array has the images of y *' links.h5
  refuses 1 'outside.h5: x: its values are in another file, which is not followed' outside.h5
  refuses 1 'huge.h5: x: an array of shape (1099511627776, 6, 5) is too large' huge.h5
  refuses 1 'cut.h5: h5py cannot read it: *' cut.h5
fi

if has pyarrow; then
  gives numbers hf
  grep -qx '4 classes: zebra, ant, cat, bee' said
  gives numbers fine --labels fine_label
  gives names texts
  gives numbers plain
  grep -qx '  The validation pictures became the test images.' said
  refuses 2 'fine/*: more than one column may have the labels: coarse_label, fine_label (say which with --labels NAME)' fine
  refuses 2 'fine/*: there is no one column lable (there are coarse_label (int64), *)' fine --labels lable
  refuses 2 'fine/*: the column img of type struct<*> has no labels (*)' fine --labels img
  refuses 1 'columns.parquet: no column has pictures (there are a (uint8), b (string))' columns.parquet
  refuses 1 'holes.parquet: row 9: there is no picture, only the path 9.png' holes.parquet
  refuses 1 'hidden.parquet: row 11: the label -1, but the file names 4 classes (*)' hidden.parquet
  refuses 1 'broken.parquet: row 13: *' broken.parquet
  refuses 1 'cut.parquet: pyarrow cannot read it: *' cut.parquet
  refuses 1 'texts/*: its labels are of another kind, or of other classes, than *' hf texts
fi

# A Python without the library, none at all, and one that fails.
printf '#!/bin/sh\nexec "%s" -S "$@"\n' "$(realpath "$python")" >bare && chmod +x bare
for file in rows.mat groups.h5 plain/train.parquet; do
  [[ -e $file ]] || continue
  RUNG_PYTHON=$PWD/bare refuses 1 "$file: it is read with Python's *, which * cannot load: No module named * (*pip install *, or name another Python with RUNG_PYTHON)" "$file"
done
RUNG_PYTHON=$PWD/nowhere refuses 1 'groups.h5: it is read by Python: cannot run *: No such file or directory (install Python 3, or name it with RUNG_PYTHON)' groups.h5
RUNG_PYTHON=false refuses 1 'groups.h5: false ended with status 1 *' groups.h5

# Ended while Python reads: it is ended as well.
printf '#!/bin/sh\necho $$ >pid\nmv pid %s/reading\nexec sleep 1000\n' "$PWD" >slow && chmod +x slow
RUNG_PYTHON=$PWD/slow "$RUNG" data import groups.h5 --out new >said 2>errors &
until [[ -s reading ]]; do sleep 0.05; done
kill -TERM $!
code=0
wait $! || code=$?
[[ $code == 143 && ! -e /proc/$(cat reading) ]] || { echo "an interrupt gives $code and: $(cat errors)" && exit 1; }
nothing_left "an interrupt"

# (Last, because of its channels.)
if has scipy; then gives numbers colour --map 10=0 --grey; fi
