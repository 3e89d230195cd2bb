#!/usr/bin/env bash
# MLPClassifier.partial_fit with an integer random_state takes the images of all epochs but the first in one order.
#
# Package: scikit-learn 1.9.1 (PyPI)
# Expected: with shuffle=True, its default, each epoch has an order of its own, whether fit trains several
#   epochs or partial_fit is called once for each; the integer only makes the run repeatable.
# Seen: fit's epochs differ, as expected. Every call of partial_fit draws its order anew from the integer, so
#   all epochs have one order (but the first, in which weights are drawn before), and the same images are
#   always the last that the network saw. With a RandomState object the orders differ.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6
venv/bin/python -W ignore - <<'END'
import numpy as np
from sklearn.neural_network import MLPClassifier, _multilayer_perceptron

# The orders are seen where the network draws them.
orders = []
draw = _multilayer_perceptron.shuffle


def watched(indices, random_state):
    orders.append(draw(indices, random_state=random_state))
    return orders[-1]


_multilayer_perceptron.shuffle = watched
rng = np.random.default_rng(0)
x, y = rng.normal(size=(1000, 20)), rng.integers(0, 3, 1000)


def different_orders(random_state, by_epoch):
    orders.clear()
    model = MLPClassifier((8,), batch_size=100, max_iter=10, n_iter_no_change=10, random_state=random_state)
    if by_epoch:
        for _ in range(10):
            model.partial_fit(x, y, classes=range(3))
    else:
        model.fit(x, y)
    assert len(orders) == 10
    return len({order.tobytes() for order in orders})


seen = {
    "fit, random_state=0": different_orders(0, False),
    "partial_fit, random_state=0": different_orders(0, True),
    "partial_fit, RandomState(0)": different_orders(np.random.RandomState(0), True),
}
for what, orders_seen in seen.items():
    print(f"{what}: {orders_seen} different orders in 10 epochs")
assert list(seen.values()) == [10, 2, 10]
END
