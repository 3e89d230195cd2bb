"""Layout and common mistakes of the package's Python code, by ruff; pyproject.toml has its rules."""

import importlib.util
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]


@unittest.skipIf(importlib.util.find_spec("ruff") is None, "ruff is not installed")
class Style(unittest.TestCase):
    def ruff(self, *arguments: str) -> None:
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "--no-cache"], cwd=ROOT, capture_output=True, text=True
        )
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_layout(self):
        self.ruff("format", "--diff")

    def test_mistakes(self):
        self.ruff("check")


if __name__ == "__main__":
    unittest.main()
