#!/usr/bin/env bash
# Importing emlearn makes scikit-learn's training of a float32 network fail.
#
# Package: emlearn 0.23.2, beside scikit-learn 1.9.1, numpy 2.4.6 (PyPI)
# Expected: importing a converter changes nothing in what is trained before or after the import.
# Seen: the import sets numpy.seterr(all='raise') for the whole process. Squares of small gradients
#   underflow to 0 in float32, which is harmless, but now raises FloatingPointError: the same
#   MLPClassifier.fit that finished before the import fails after it. With numpy's own state set again,
#   numpy.seterr(all='warn', under='ignore'), it gives the same weights.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  emlearn==0.23.2 scikit-learn==1.9.1 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
train = lambda: MLPClassifier((16,), random_state=0, max_iter=200).fit(images[:1200], labels[:1200])

state = np.geterr()
before = train()
print(f"before the import: numpy.geterr() {state}, accuracy {before.score(images[1200:], labels[1200:]):.3f}")
import emlearn

print(f"after the import:  numpy.geterr() {np.geterr()}")
assert state["under"] == "ignore" and np.geterr()["under"] == "raise"
try:
    train()
    error = None
except FloatingPointError as e:
    error = str(e)
print(f"the same training after it: FloatingPointError: {error}")
np.seterr(**state)
after = train()
assert error is not None and "underflow" in error
assert all(np.array_equal(a, b) for a, b in zip(before.coefs_, after.coefs_))
END
