"""scikit-learn's MLPClassifier on pixels: one hidden layer of 512, Adam at its default rate, batches of 200.

The images are float32, which it keeps and which halves the time of float64. BLAS starts a thread for each core.
"""

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier

from mnist import flat, scaled

VERSION = f"scikit-learn {sklearn.__version__}"


def train(images, labels, after_epoch, threads, seed):
    # A generator instead of a number, with which every call of partial_fit would shuffle the same way.
    model = MLPClassifier(hidden_layer_sizes=(512,), batch_size=200, random_state=np.random.RandomState(seed))
    x = flat(scaled(images))
    done = False
    while not done:
        model.partial_fit(x, labels, classes=range(10))
        done = after_epoch(lambda images: model.predict(flat(scaled(images))))
