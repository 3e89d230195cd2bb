"""The notebook docs/ladder.ipynb, executed with one epoch a step."""

import os
import unittest
from pathlib import Path

from helpers import mnist_folder

NOTEBOOK = Path(__file__).parents[2] / "docs" / "ladder.ipynb"


class Notebook(unittest.TestCase):
    def test_climbs(self):
        try:
            import ipykernel  # noqa: F401
            import matplotlib  # noqa: F401
            import nbformat
            from nbclient import NotebookClient
        except ImportError as missing:
            self.skipTest(str(missing))
        os.environ["RUNG_DATA"] = str(mnist_folder().resolve())
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        quick = [cell.source.replace("epochs = None", "epochs = 1") for cell in notebook.cells]
        self.assertNotEqual(quick, [cell.source for cell in notebook.cells])
        for cell, source in zip(notebook.cells, quick, strict=True):
            cell.source = source
        NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
        plots = [
            output
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        self.assertEqual(len(plots), 4)


if __name__ == "__main__":
    unittest.main()
