#!/usr/bin/env bash
# scikit-learn shifts images by one pixel between its own dump_svmlight_file and load_svmlight_file.
#
# Package: scikit-learn 1.9.1 (PyPI)
# Expected: images written with the defaults of dump_svmlight_file (libsvm's text format, in which USPS
#   and MNIST are distributed) come back from load_svmlight_file as they were.
# Seen: the writer counts pixels from 0 and leaves out zeros; the reader looks at whether a pixel 0
#   occurs, and takes the file to count from 1 otherwise. The first pixel of digits is never inked, so
#   each image comes back shifted by one pixel, without a warning, also if n_features says how many
#   pixels there are. A network trained on the right images falls from 92 % to 40 %. Pass zero_based.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  scikit-learn==1.9.1 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import numpy as np
from sklearn.datasets import dump_svmlight_file, load_digits, load_svmlight_file
from sklearn.neural_network import MLPClassifier

images, labels = load_digits(return_X_y=True)
dump_svmlight_file(images, labels, "digits.svm")
plain = load_svmlight_file("digits.svm")[0].toarray()
sized = load_svmlight_file("digits.svm", n_features=64)[0].toarray()
stated = load_svmlight_file("digits.svm", n_features=64, zero_based=True)[0].toarray()
network = MLPClassifier((32,), random_state=0, max_iter=200).fit(images[:1200], labels[:1200])
before, after = (100 * network.score(x[1200:], labels[1200:]) for x in (images, sized))
print(f"written {images.shape}; read with the defaults {plain.shape}")
print(f"read with n_features=64: equal {np.array_equal(sized, images)}, "
      f"equal but for one pixel to the left {np.array_equal(sized[:, :63], images[:, 1:])}")
print(f"read with zero_based=True: equal {np.array_equal(stated, images)}")
print(f"accuracy on the images {before:.1f} %, on the same images read back {after:.1f} %")

assert plain.shape == (1797, 63)
assert np.array_equal(sized[:, :63], images[:, 1:]) and not sized[:, 63].any()
assert np.array_equal(stated, images)
assert before > 85 and after < 60
END
