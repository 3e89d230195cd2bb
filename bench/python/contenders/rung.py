"""Rung with its defaults: it chooses a network of at most 10,000 parameters, the number of epochs and the schedule."""

import rung

VERSION = f"Rung {rung.__version__}"


def train(images, labels, after_epoch, threads, seed, model="auto"):
    callbacks = [lambda record: after_epoch(classifier.predict)]
    classifier = rung.Classifier(model, random_state=seed, n_jobs=threads, callbacks=callbacks)
    classifier.fit(images, labels)
