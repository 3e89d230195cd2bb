"""rung.Classifier as an estimator of scikit-learn."""

import multiprocessing
import os
import pickle
import signal
import threading
import unittest
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from helpers import TINY, bars
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

import rung

# Checks that do not hold, and why.
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "an image of weight 2 is one image in one batch, and two equal images are two in perhaps two batches"
    ),
}


def tiny(**parameters) -> rung.Classifier:
    return rung.Classifier(rung.Recipe.parse(TINY), **parameters)


def sha256(classifier: rung.Classifier) -> str:
    return classifier.model_.weights_sha256


class Estimator(unittest.TestCase):
    def test_scikit_learns_own_checks(self):
        results = check_estimator(rung.Classifier(), on_skip=None, expected_failed_checks=EXPECTED_FAILURES)
        status = {result["check_name"]: result["status"] for result in results}
        self.assertGreater(len(status), 40)
        self.assertEqual({name for name, value in status.items() if value == "xfail"}, set(EXPECTED_FAILURES))

    def test_digits_and_labels_of_any_type(self):
        X, y = load_digits(return_X_y=True)
        names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])[y]
        classifier = rung.Classifier().fit(X[:1200], names[:1200])
        self.assertEqual(classifier.image_shape_, (1, 8, 8))
        self.assertLessEqual(classifier.model_.params, 10_000)
        self.assertGreater(classifier.score(X[1200:], names[1200:]), 0.93)
        self.assertEqual(classifier.predict_proba(X[:5]).shape, (5, 10))

    def test_every_shape_of_the_same_images_is_the_same(self):
        images, labels = bars(64)
        expected = sha256(tiny().fit(images, labels))
        self.assertEqual(sha256(tiny().fit(images[..., np.newaxis], labels)), expected)
        self.assertEqual(sha256(tiny().fit(images.reshape(64, -1), labels)), expected)
        self.assertEqual(sha256(tiny(image_shape=(12, 12)).fit(images.reshape(64, -1), labels)), expected)
        self.assertEqual(sha256(tiny().fit(images.astype(np.int32), labels)), expected)
        self.assertEqual(sha256(tiny().fit(images[:, :, ::-1][:, :, ::-1], labels)), expected)
        full = images.copy()
        full[0, 0, :2] = (0, 255)
        self.assertEqual(sha256(tiny().fit(full / 255, labels)), sha256(tiny().fit(full, labels)))
        self.assertEqual(sha256(tiny().fit(full * 3.0 - 7, labels)), sha256(tiny().fit(full, labels)))

    def test_colour(self):
        images, labels = bars(90)
        colours = np.stack([images, 255 - images, images // 2], axis=-1)
        classifier = rung.Classifier(epochs=3).fit(colours, labels)
        self.assertEqual(classifier.image_shape_, (3, 12, 12))
        self.assertEqual(classifier.predict(colours).shape, (90,))

    def test_any_number_of_threads_gives_the_same_bits(self):
        images, labels = bars(100)
        self.assertEqual(len({sha256(tiny(n_jobs=n).fit(images, labels)) for n in (1, 2, 3, 7, -1, None)}), 1)

    def test_two_threads_that_fit_at_once_give_the_bits_of_one(self):
        images, labels = bars(200)
        expected = sha256(tiny(epochs=20).fit(images, labels))
        with ThreadPoolExecutor(2) as pool:
            fits = [pool.submit(lambda: sha256(tiny(epochs=20).fit(images, labels))) for _ in range(4)]
            self.assertEqual({fit.result() for fit in fits}, {expected})

    def test_seeds(self):
        images, labels = bars(64)
        self.assertEqual(sha256(tiny().fit(images, labels)), sha256(tiny(random_state=3).fit(images, labels)))
        self.assertNotEqual(sha256(tiny().fit(images, labels)), sha256(tiny(random_state=4).fit(images, labels)))
        of_state = [sha256(tiny(random_state=np.random.RandomState(5)).fit(images, labels)) for _ in range(2)]
        self.assertEqual(*of_state)

    def test_is_pickled_and_cloned(self):
        images, labels = bars(64)
        classifier = tiny(epochs=1).fit(images, labels)
        again = pickle.loads(pickle.dumps(classifier))
        self.assertEqual(sha256(again), sha256(classifier))
        np.testing.assert_array_equal(again.predict_proba(images), classifier.predict_proba(images))
        self.assertEqual(sha256(again.partial_fit(images, labels)), sha256(classifier.partial_fit(images, labels)))
        self.assertFalse(hasattr(clone(classifier), "model_"))

    def test_in_scikit_learns_company(self):
        images, labels = bars(120)
        flat = images.reshape(120, -1) / 255.0
        search = GridSearchCV(tiny(), {"settings": [{"optimizer.lr": 0.1}, {"optimizer.lr": 1e-6}]}, cv=2, n_jobs=2)
        self.assertEqual(search.fit(flat, labels).best_params_, {"settings": {"optimizer.lr": 0.1}})
        scores = cross_val_score(tiny(epochs=10), flat, labels, cv=2, n_jobs=2)
        self.assertGreater(scores.min(), 0.8)
        calibrated = CalibratedClassifierCV(tiny(), cv=2).fit(flat, labels)
        np.testing.assert_allclose(calibrated.predict_proba(flat).sum(axis=1), 1, rtol=1e-6)
        pipeline = make_pipeline(FunctionTransformer(lambda X: X * 255), tiny())
        self.assertEqual(pipeline.fit(flat, labels).predict(flat).shape, (120,))

    def test_dask_gives_the_hashes_of_one_process(self):
        try:
            import joblib
            from dask.distributed import Client, LocalCluster
        except ImportError as missing:
            self.skipTest(str(missing))
        images, labels = bars(64)
        alone = [_fit_with_seed(seed, images, labels) for seed in range(4)]
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
        with cluster, Client(cluster), joblib.parallel_config("dask"):
            jobs = (joblib.delayed(_fit_with_seed)(seed, images, labels) for seed in range(4))
            self.assertEqual(joblib.Parallel()(jobs), alone)


def _fit_with_seed(seed: int, images: np.ndarray, labels: np.ndarray) -> str:
    return sha256(rung.Classifier(rung.Recipe.parse(TINY), random_state=seed).fit(images, labels))


class Options(unittest.TestCase):
    def setUp(self):
        self.images, self.labels = bars(120)

    def test_sample_weights(self):
        ones = sha256(tiny().fit(self.images, self.labels, np.ones(120)))
        self.assertEqual(ones, sha256(tiny().fit(self.images, self.labels)))
        # Labels that are wrong, and count for nothing.
        wrong = self.labels.copy()
        wrong[:60] = (wrong[:60] + 1) % 3
        weights = np.where(np.arange(120) < 60, 0.0, 1.0)
        classifier = tiny(epochs=30).fit(self.images, wrong, weights)
        self.assertGreater(classifier.score(self.images[:60], self.labels[:60]), 0.9)

    def test_class_weights_are_sample_weights_and_the_recipes(self):
        factors = {0: 1.0, 1: 4.0, 2: 0.5}
        logits = [
            classifier.fit(self.images, self.labels).decision_function(self.images)
            for classifier in (
                tiny(class_weight=factors),
                tiny(settings={"training.class_weights": list(factors.values())}),
            )
        ]
        np.testing.assert_allclose(*logits, atol=1e-3)
        by_sample = tiny().fit(self.images, self.labels, np.array([1.0, 4.0, 0.5])[self.labels])
        np.testing.assert_array_equal(by_sample.decision_function(self.images), logits[0])

    def test_partial_fit_goes_on(self):
        classifier = tiny()
        for _ in range(20):
            classifier.partial_fit(self.images, self.labels)
        self.assertEqual(classifier.n_iter_, 20)
        self.assertEqual([record["epoch"] for record in classifier.history_], list(range(1, 21)))
        self.assertGreater(classifier.score(self.images, self.labels), 0.9)
        first = tiny().partial_fit(self.images[:20], self.labels[:20], classes=[0, 1, 2, 3][:3])
        self.assertEqual(list(first.classes_), [0, 1, 2])

    def test_warm_start_goes_on_from_the_weights(self):
        warm = tiny(warm_start=True, epochs=1)
        losses = [warm.fit(self.images, self.labels).history_[0]["train_loss"] for _ in range(6)]
        self.assertLess(losses[-1], losses[0] / 2)
        cold = tiny(epochs=1)
        cold.fit(self.images, self.labels)
        self.assertEqual(cold.fit(self.images, self.labels).history_[0]["train_loss"], losses[0])

    def test_early_stopping_keeps_the_best_epoch(self):
        classifier = tiny(epochs=200, early_stopping=True, validation_fraction=0.25, n_iter_no_change=3)
        classifier.fit(self.images, self.labels)
        self.assertLess(classifier.n_iter_, 200)
        best = max(record["validation_accuracy"] for record in classifier.history_)
        self.assertEqual(classifier.best_validation_score_, best / 100)

    def test_callbacks(self):
        seen = []
        tiny(epochs=9, callbacks=[lambda record: seen.append(record["epoch"]) or len(seen) == 4]).fit(
            self.images, self.labels
        )
        self.assertEqual(seen, [1, 2, 3, 4])
        classifier, scores = tiny(epochs=12, settings={"optimizer.lr": 0.002}), []
        classifier.callbacks = [lambda _: scores.append(classifier.score(self.images, self.labels))]
        classifier.fit(self.images, self.labels)
        self.assertLess(scores[0], scores[-1])
        self.assertEqual(scores[-1], classifier.score(self.images, self.labels))
        with self.assertRaisesRegex(KeyError, "mine"):
            tiny(callbacks=[_raise]).fit(self.images, self.labels)

    def test_auto_stays_below_max_params(self):
        for most in (500, 3_000, 50_000):
            params = rung.Classifier(max_params=most, epochs=1).fit(self.images, self.labels).model_.params
            self.assertLessEqual(params, most)
            self.assertGreater(params, most / 3)
        with self.assertRaisesRegex(ValueError, "too few"):
            rung.Classifier(max_params=5).fit(self.images, self.labels)


def _raise(_record):
    raise KeyError("mine")


class Interruption(unittest.TestCase):
    def test_ctrl_c_ends_after_the_batch(self):
        images, labels = bars(500)
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            tiny(epochs=100_000).fit(images, labels)
        timer.join()

    def test_a_forked_process_predicts(self):
        images, labels = bars(64)
        classifier = tiny(n_jobs=2).fit(images, labels)
        expected = classifier.decision_function(images)  # by a pool of threads, which the child does not have
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads, from Python 3.12
            with multiprocessing.get_context("fork").Pool(1) as pool:
                result = pool.apply_async(classifier.decision_function, (images,))
                np.testing.assert_array_equal(result.get(timeout=60), expected)
                pool.close()
                pool.join()

    def test_nothing_grows(self):
        images, labels = bars(32)

        def work(count: int) -> None:
            for _ in range(count):
                tiny(epochs=1, n_jobs=2).fit(images, labels).predict(images)

        work(50)
        before = _resident_kib()
        work(300)
        self.assertLess(_resident_kib() - before, 4096)


def _resident_kib() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class BadInput(unittest.TestCase):
    def setUp(self):
        self.images, self.labels = bars(60)

    def refused(self, kind: type[Exception], message: str, X, y, classifier=None, **arguments):
        with self.assertRaisesRegex(kind, message):
            (classifier or tiny()).fit(X, y, **arguments)

    def test_arrays(self):
        images, labels = self.images, self.labels
        floats = images / 255
        floats[3, 4, 5] = np.nan
        self.refused(ValueError, "NaN", floats, labels)
        floats[3, 4, 5] = np.inf
        self.refused(ValueError, "infinity", floats, labels)
        self.refused(ValueError, "could not convert", np.full((60, 144), "a", object), labels)
        self.refused(ValueError, "inconsistent numbers", images, labels[:-1])
        self.refused(ValueError, "one class", images, np.zeros(60, int))
        self.refused(ValueError, "0 sample", images[:0], labels[:0])
        self.refused(ValueError, "1 or 3 channels.*moveaxis", np.zeros((60, 3, 12, 12)), labels)
        self.refused(ValueError, "array of 5 dimensions", np.zeros((60, 2, 2, 2, 1)), labels)
        self.refused(ValueError, "image_shape", images.reshape(60, -1), labels, tiny(image_shape=(5, 5)))
        self.refused(ValueError, "at most 256 classes", np.zeros((300, 12, 12)), np.arange(300))
        self.refused(ValueError, "non-zero", images, labels, sample_weight=np.zeros(60))
        self.refused(ValueError, "[Nn]egative", images, labels, sample_weight=-np.ones(60))
        self.refused(ValueError, "Unknown label type", images, labels + 0.5)

    def test_recipes(self):
        other = rung.Recipe.parse(TINY.replace("[1, 12, 12]", "[1, 14, 14]"))
        self.refused(ValueError, "the model takes images of 1x14x14", self.images, self.labels, rung.Classifier(other))
        few = self.labels % 2
        self.refused(ValueError, "recipe is for 3 classes, but there are 2", self.images, few)
        self.refused(ValueError, "there is no recipe step77", self.images, self.labels, rung.Classifier("step77"))
        self.refused(ValueError, "unknown key", self.images, self.labels, tiny(settings={"training.epoch": 3}))
        diverging = tiny(settings={"optimizer.lr": 9e5})
        self.refused(rung.DivergedError, "lower the learning rate", self.images, self.labels, diverging)

    def test_what_was_fitted(self):
        with self.assertRaises(NotFittedError):
            tiny().predict(self.images)
        classifier = tiny(epochs=1).fit(self.images, self.labels)
        with self.assertRaises(ValueError):
            classifier.fit(self.images, self.labels % 2)
        with self.assertRaises(NotFittedError):
            classifier.predict(self.images)
        classifier.fit(self.images, self.labels)
        with self.assertRaisesRegex(ValueError, "fitted to 12 x 12"):
            classifier.predict(np.zeros((2, 12, 14)))
        with self.assertRaisesRegex(ValueError, "196 features.*144"):
            classifier.predict(np.zeros((2, 196)))
        with self.assertRaisesRegex(ValueError, "not among the classes"):
            classifier.partial_fit(self.images, self.labels + 1)

    def test_memory_order_and_protection_do_not_matter(self):
        expected = sha256(tiny().fit(self.images, self.labels))
        protected = self.images.copy()
        protected.flags.writeable = False
        for images in (protected, np.asfortranarray(self.images), np.repeat(self.images, 2, axis=0)[::2]):
            self.assertEqual(sha256(tiny().fit(images, self.labels)), expected)


if __name__ == "__main__":
    unittest.main()
