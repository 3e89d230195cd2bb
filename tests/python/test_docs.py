"""The examples of docs/python.md, run in order and in one folder."""

import os
import re
import tempfile
import unittest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "python.md"

# Packages whose examples are left out, visibly, where they are not installed.
OPTIONAL = ("dask", "mlflow", "optuna", "torch", "wandb")


class Documentation(unittest.TestCase):
    def test_examples(self):
        blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 8)
        names: dict = {"__name__": "examples"}
        home = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                for number, block in enumerate(blocks, 1):
                    with self.subTest(example=number):
                        self._run(compile(block, f"{PAGE.name}, example {number}", "exec"), names)
            finally:
                os.chdir(home)

    def _run(self, code, names):
        try:
            exec(code, names)
        except ModuleNotFoundError as missing:
            if missing.name.partition(".")[0] not in OPTIONAL:
                raise
            self.skipTest(f"{missing.name} is not installed")


if __name__ == "__main__":
    unittest.main()
