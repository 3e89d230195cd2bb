"""rung.Model, rung.Recipe and rung.data."""

import pickle
import re
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import numpy as np
from helpers import TINY, bars, mnist_folder

import rung


def trained() -> tuple[rung.Model, np.ndarray, np.ndarray]:
    images, labels = bars(150)
    dataset = rung.data.Dataset.from_arrays(images[:100], labels[:100], images[100:], labels[100:])
    return rung.train(rung.Recipe.parse(TINY), dataset).model, images, labels


class Models(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model, cls.images, cls.labels = trained()
        cls.logits = cls.model.predict_logits(cls.images)

    def test_predicts(self):
        self.assertEqual((self.logits.dtype, self.logits.shape), (np.float32, (150, 3)))
        np.testing.assert_array_equal(self.model.predict(self.images), self.logits.argmax(axis=1))
        softmax = np.exp(self.logits.astype(float))
        softmax /= softmax.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(self.model.predict_proba(self.images), softmax, rtol=1e-5)
        self.assertGreater((self.model.predict(self.images) == self.labels).mean(), 0.8)

    def test_any_number_of_images_gives_the_same_bits(self):
        for count in (0, 1, 2, 15, 16, 17, 150):
            np.testing.assert_array_equal(self.model.predict_logits(self.images[:count]), self.logits[:count])

    def test_any_memory_gives_the_same_bits(self):
        protected = self.images.copy()
        protected.flags.writeable = False
        for images in (protected, self.images[..., np.newaxis], np.asfortranarray(self.images), list(self.images)):
            np.testing.assert_array_equal(self.model.predict_logits(images), self.logits)
        np.testing.assert_array_equal(self.model.predict_logits(self.images[::3]), self.logits[::3])

    def test_threads_share_a_model(self):
        results = []
        work = lambda: results.extend(self.model.predict_logits(self.images) for _ in range(50))  # noqa: E731
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(results), 200)
        self.assertTrue(all((result == self.logits).all() for result in results))

    def test_is_saved_and_pickled(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tiny.safetensors"
            self.model.save(file)
            self.assert_same(rung.load(file))
            damaged = bytearray(file.read_bytes())
            damaged[-3] ^= 1
            file.write_bytes(damaged)
            with self.assertRaisesRegex(rung.DataError, "tiny.safetensors.*damaged"):
                rung.load(file)
            file.write_bytes(b"no model")
            with self.assertRaises(ValueError):
                rung.load(file)
        self.assert_same(pickle.loads(pickle.dumps(self.model)))

    def test_state_dict(self):
        arrays = self.model.state_dict()
        self.assertEqual(arrays["0.weight"].shape, (4, 1, 3, 3))
        self.assertIn("1.running_var", arrays)
        self.assert_same(rung.Model.from_state_dict(self.model.recipe, arrays))
        for change, message in (
            ({"0.weight": None}, 'no array "0.weight"'),
            ({"9.weight": np.zeros(1)}, 'the model has no array "9.weight"'),
            ({"1.bias": np.zeros(5)}, r'"1.bias" has the shape \(5,\), not \(4,\)'),
        ):
            changed = {name: array for name, array in {**arrays, **change}.items() if array is not None}
            with self.assertRaisesRegex(ValueError, message):
                rung.Model.from_state_dict(self.model.recipe, changed)

    def test_refuses_other_images(self):
        with self.assertRaisesRegex(TypeError, "uint8.*float64"):
            self.model.predict(self.images / 255)
        with self.assertRaisesRegex(ValueError, "1, 13, 12.*1, 12, 12"):
            self.model.predict(np.zeros((2, 13, 12), np.uint8))
        with self.assertRaisesRegex(ValueError, "N x height x width"):
            self.model.predict(np.zeros((12, 12), np.uint8))
        with self.assertRaises(TypeError):
            self.model.predict(np.array([None]))
        with self.assertRaisesRegex(ValueError, "no pixels"):
            self.model.predict(np.zeros((2, 0, 12), np.uint8))

    def test_exports_onnx(self):
        with tempfile.TemporaryDirectory() as folder:
            self.model.export_onnx(Path(folder) / "tiny.onnx", raw_input=True)
            content = (Path(folder) / "tiny.onnx").read_bytes()
        self.assertIn(b"logits", content)
        try:
            import onnxruntime
        except ImportError:
            return
        (logits,) = onnxruntime.InferenceSession(content).run(None, {"image": self.images[:, np.newaxis]})
        np.testing.assert_allclose(logits, self.logits, atol=1e-4)

    def test_exports_c(self):
        dataset = rung.data.Dataset.from_arrays(self.images, self.labels, self.images, self.labels)
        for options in ({}, {"weight_bits": 4}, {"use_float": True}):
            with tempfile.TemporaryDirectory() as folder:
                self.model.export_c(folder, dataset, name="bars", **options)
                made = subprocess.run(["make", "-C", folder], capture_output=True, text=True)
                self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        with self.assertRaisesRegex(ValueError, "C identifier"):
            self.model.export_c("c", dataset, name="3bars")
        with self.assertRaisesRegex(ValueError, "8, 4 or 2"):
            self.model.export_c("c", dataset, weight_bits=5)

    def assert_same(self, other: rung.Model):
        self.assertEqual(other.weights_sha256, self.model.weights_sha256)
        self.assertEqual(other.recipe, self.model.recipe)
        np.testing.assert_array_equal(other.predict_logits(self.images), self.logits)


class Recipes(unittest.TestCase):
    def test_every_form_is_the_same(self):
        recipe = rung.Recipe.parse(TINY, "tiny.toml")
        self.assertEqual(rung.Recipe.parse(recipe.to_toml(), "tiny.toml"), recipe)
        self.assertEqual(rung.Recipe.from_dict(recipe.to_dict()), recipe)
        self.assertEqual(pickle.loads(pickle.dumps(recipe)), recipe)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tiny.toml"
            file.write_text(TINY)
            self.assertEqual(rung.Recipe.load(file).to_dict()["model"], recipe.to_dict()["model"])
        self.assertEqual((recipe.name, recipe.seed, recipe.epochs, recipe.input_shape), ("tiny", 3, 3, (1, 12, 12)))

    def test_rungs_own(self):
        self.assertIn("step5", rung.recipe_names())
        self.assertLess(rung.Recipe.load("step5").params, 10_000)

    def test_settings(self):
        recipe = rung.Recipe.parse(TINY).with_settings(
            {"optimizer.lr": 0.05, "model.layers[4].p": 0.25, "title": 'No "more"', "optimizer.nesterov": True}
        )
        values = recipe.to_dict()
        self.assertEqual(values["optimizer"]["lr"], 0.05)
        self.assertEqual(values["model"]["layers"][4]["p"], 0.25)
        self.assertEqual(values["title"], 'No "more"')
        self.assertTrue(values["optimizer"]["nesterov"])

    def test_errors_say_where(self):
        with self.assertRaisesRegex(rung.UsageError, re.escape("mine.toml:21:1: ")):
            rung.Recipe.parse(TINY.replace("epochs = 3", "epoch = 3"), "mine.toml")
        with self.assertRaisesRegex(ValueError, "None is not a value"):
            rung.Recipe.parse(TINY).with_settings({"optimizer.lr": None})
        with self.assertRaisesRegex(ValueError, "no recipe nowhere/step1.toml.*step5"):
            rung.Recipe.load("nowhere/step1.toml")
        with self.assertRaisesRegex(TypeError, "expected a rung.Recipe"):
            rung.train(17)


class Data(unittest.TestCase):
    def test_loads_mnist(self):
        mnist = rung.data.load("mnist", mnist_folder())
        self.assertEqual(mnist.train_images.shape, (60_000, 28, 28))
        self.assertEqual(mnist.test_labels.shape, (10_000,))
        with self.assertRaises(OSError):
            rung.data.load("mnist", "no/such/folder")
        with self.assertRaisesRegex(rung.UsageError, "mnits"):
            rung.data.load("mnits")

    def test_arrays_come_back(self):
        images, labels = bars(20)
        colours = np.stack([images, images[::-1], 255 - images], axis=-1)
        for given in (images, colours):
            dataset = rung.data.Dataset.from_arrays(given, labels, given[:3], labels[:3])
            np.testing.assert_array_equal(dataset.train_images, given)
            np.testing.assert_array_equal(dataset.test_images, given[:3])
            np.testing.assert_array_equal(dataset.train_labels, labels)

    def test_refuses(self):
        images, labels = bars(20)
        for kind, message, arguments in (
            (TypeError, "uint8", (images / 255, labels)),
            (TypeError, "integers", (images, labels.astype(str))),
            (ValueError, "from 0 to 255", (images, labels - 1)),
            (ValueError, "one label for each", (images, labels[1:])),
            (ValueError, "both or neither", (images, labels, images)),
            (ValueError, "one shape", (images, labels, images[:, 1:], labels)),
            (ValueError, "no images", (images[:0], labels[:0])),
            (ValueError, "no pixels", (images[:, :0], labels)),
            (ValueError, "no pixels", (images[..., np.newaxis][..., :0], labels)),
        ):
            with self.subTest(message), self.assertRaisesRegex(kind, message):
                rung.data.Dataset.from_arrays(*arguments)

    def test_augments(self):
        images, _ = bars(10)
        turned = rung.data.augment(images, [{"type": "random_rotation", "degrees": 40}], seed=2)
        self.assertEqual(turned.shape, images.shape)
        self.assertTrue((turned != images).any())
        again = rung.data.augment(images, [{"type": "random_rotation", "degrees": 40}], seed=2)
        np.testing.assert_array_equal(turned, again)
        flipped = rung.data.augment(images, [{"type": "random_horizontal_flip", "p": 1.0}])
        np.testing.assert_array_equal(flipped, images[:, :, ::-1])
        erased = rung.data.augment(images, [{"type": "random_erasing", "p": 1.0}])
        new = erased[erased != images]
        self.assertEqual(set(new), {round(images.mean())})
        self.assertEqual(rung.data.augment(images[:0], []).shape, (0, 12, 12))
        with self.assertRaisesRegex(ValueError, "degree"):
            rung.data.augment(images, [{"type": "random_rotation", "degree": 40}])


if __name__ == "__main__":
    unittest.main()
