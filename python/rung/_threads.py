"""How many threads a call computes with. The bits do not depend on it."""

from __future__ import annotations

import os

from . import _native


def as_threads(wanted: int | None) -> int:
    """A number of threads.

    None is one for each core that the process may use, or $OMP_NUM_THREADS where that is less: joblib, Dask and others
    set it in their worker processes, so that these do not get in each other's way. Negative numbers count from all
    cores, as in scikit-learn: -1 is all of them, -2 all but one.
    """
    cores = _native.available_cores()
    if wanted is None:
        limit = os.environ.get("OMP_NUM_THREADS", "")
        return min(cores, int(limit)) if limit.isdecimal() and int(limit) > 0 else cores
    if wanted == 0:
        raise ValueError("the number of threads must not be 0")
    return wanted if wanted > 0 else max(1, cores + 1 + wanted)
