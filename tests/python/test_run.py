"""rung.train and rung.sweep, beside the command line."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from helpers import TINY, bars, mnist_folder, program

import rung


class Runs(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        images, labels = bars(120)
        self.recipe = rung.Recipe.parse(TINY)
        self.dataset = rung.data.Dataset.from_arrays(images[:90], labels[:90], images[90:], labels[90:])

    def test_gives_the_bits_of_the_command_line(self):
        rung_program, data = program(), mnist_folder()
        settings = ["training.epochs=1", "training.batch_size=512"]
        command = [rung_program, "train", "step2", "--out", self.folder / "cli", "--quiet", "--seed", "5"]
        for setting in settings:
            command += ["--set", setting]
        subprocess.run(command, check=True, env={**os.environ, "RUNG_DATA": str(data)}, capture_output=True)
        expected = json.loads((self.folder / "cli" / "result.json").read_text())
        mnist = rung.data.load("mnist", data)
        options = {"training.epochs": 1, "training.batch_size": 512}
        run = rung.train("step2", mnist, settings=options, seed=5, threads=1, run=self.folder / "python")
        self.assertEqual(run.weights_sha256, expected["weights_sha256"])
        self.assertEqual(run.epochs[0].test_accuracy, expected["epochs"][0]["test_accuracy"])
        classifier = rung.Classifier("step2", settings=options, random_state=5)
        classifier.fit(mnist.train_images, mnist.train_labels)
        self.assertEqual(classifier.model_.weights_sha256, expected["weights_sha256"])

    def test_callbacks_end_it_and_it_resumes(self):
        seen = []
        whole = rung.train(self.recipe, self.dataset, epochs=5, callbacks=[seen.append])
        self.assertEqual([epoch.epoch for epoch in seen], [1, 2, 3, 4, 5])
        self.assertEqual(whole.epochs, seen)
        folder = self.folder / "run"
        part = rung.train(self.recipe, self.dataset, epochs=5, run=folder, callbacks=[lambda epoch: epoch.epoch == 2])
        self.assertEqual((part.finished, len(part.epochs)), (False, 2))
        self.assertFalse((folder / "result.json").exists())
        rest = rung.train(self.recipe, self.dataset, epochs=5, run=folder, resume=True)
        self.assertEqual((rest.finished, rest.weights_sha256), (True, whole.weights_sha256))
        self.assertEqual([epoch.weights_sha256 for epoch in rest.epochs], [e.weights_sha256 for e in whole.epochs])
        self.assertEqual(rung.load(folder).weights_sha256, whole.weights_sha256)

    def test_a_callback_may_raise(self):
        def fail(epoch):
            raise LookupError(f"after {epoch.epoch}")

        with self.assertRaisesRegex(LookupError, "after 1"):
            rung.train(self.recipe, self.dataset, callbacks=[fail])

    def test_refuses(self):
        folder = self.folder / "run"
        rung.train(self.recipe, self.dataset, run=folder)
        for message, options in (
            ("already holds", {}),
            ("another optimizer.lr", {"resume": True, "settings": {"optimizer.lr": 0.2}}),
        ):
            with self.subTest(message), self.assertRaisesRegex(rung.UsageError, message):
                rung.train(self.recipe, self.dataset, run=folder, **options)
        with self.assertRaisesRegex(rung.UsageError, "1x12x12, but dataset ./arrays has 1x11x12"):
            images, labels = bars(20)
            rung.train(self.recipe, rung.data.Dataset.from_arrays(images[:, 1:], labels, images[:, 1:], labels))
        with self.assertRaises(rung.UsageError):
            rung.load(self.folder)
        (folder / "recipe.toml").write_text(TINY.replace("seed = 3", "seed = 4"))
        with self.assertRaises(rung.Error):
            rung.load(folder)

    def test_shows_a_bar(self):
        script = (
            "import rung, sys; sys.path.insert(0, sys.argv[1]); from helpers import *\n"
            "X, y = bars(60); d = rung.data.Dataset.from_arrays(X, y, X, y)\n"
            "rung.train(rung.Recipe.parse(TINY), d, verbose=True)"
        )
        shown = subprocess.run([sys.executable, "-c", script, Path(__file__).parent], capture_output=True, text=True)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertRegex(shown.stdout + shown.stderr, r"Epoch 3: loss \d\.\d+, accuracy")

    def test_tensorboard_reads_the_events(self):
        try:
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        except ImportError as missing:
            self.skipTest(str(missing))
        folder = self.folder / "run"
        run = rung.train(self.recipe, self.dataset, run=folder)
        (events,) = folder.rglob("events.out.tfevents.*")
        accumulator = EventAccumulator(str(events))
        accumulator.Reload()
        scalars = {tag: accumulator.Scalars(tag) for tag in accumulator.Tags()["scalars"]}
        self.assertTrue(
            any(
                np.allclose([point.value for point in points], [epoch.test_accuracy for epoch in run.epochs])
                for points in scalars.values()
            ),
            list(scalars),
        )

    def test_sweeps(self):
        settings = {"optimizer.lr": [0.1, 0.01]}
        sweep = rung.sweep(self.recipe, self.dataset, folder=self.folder / "sweep", seeds=range(3), settings=settings)
        self.assertEqual(len(sweep.results["runs"]), 6)
        self.assertTrue((sweep.folder / "report.html").exists())
        self.assertIn("lr=0.01", str(sweep))
        alone = rung.train(self.recipe, self.dataset, seed=2, settings={"optimizer.lr": 0.01})
        hashes = {run.get("weights_sha256") for run in sweep.results["runs"]}
        self.assertIn(alone.weights_sha256, hashes)
        again = rung.sweep(self.recipe, self.dataset, folder=self.folder / "sweep", seeds=range(3), settings=settings)
        self.assertEqual(again.results["runs"], sweep.results["runs"])
        with self.assertRaisesRegex(rung.UsageError, "another sweep|other"):
            rung.sweep(self.recipe, self.dataset, folder=self.folder / "sweep", seeds=[1])


if __name__ == "__main__":
    unittest.main()
