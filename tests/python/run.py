"""Runs one file's tests: run.py test_model. Ends with 77, which CTest calls skipped, if all of them were skipped."""

import sys
import unittest

if __name__ == "__main__":  # (Dask's workers import this file.)
    result = unittest.main(module=sys.argv.pop(1), verbosity=2, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun == len(result.skipped):
        sys.exit(77)
