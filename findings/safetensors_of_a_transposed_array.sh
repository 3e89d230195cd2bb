#!/usr/bin/env bash
# safetensors writes a transposed numpy array with its values in the wrong order, without an error.
#
# Package: safetensors 0.8.0 (safetensors.numpy), beside numpy 2.4.6 (PyPI)
# Expected: save_file stores the array that it is given, as numpy.save does, or refuses one that is not
#   contiguous, as safetensors.torch does.
# Seen: the bytes of the underlying buffer are stored with the transposed shape. Kernels that are turned
#   from Keras' (height, width, in, out) to PyTorch's (out, in, height, width) by numpy.transpose, and
#   reversed, sliced or broadcast arrays, load with the right shape and dtype and wrong values. The
#   docstring asks for contiguous tensors; nothing checks it. Version 0.7.0 stored them right; the
#   project knows it as its issue 825. Pass numpy.ascontiguousarray(x).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  safetensors==0.8.0 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import numpy as np
from safetensors.numpy import load, load_file, save, save_file

keras = np.random.default_rng(0).standard_normal((3, 3, 10, 16)).astype(np.float32)
arrays = {
    "C order": keras,
    "transposed to (out, in, height, width)": keras.transpose(3, 2, 0, 1),
    "asfortranarray": np.asfortranarray(keras),
    "rotated by 180 degrees": keras[::-1, ::-1],
    "every second output": keras[..., ::2],
    "ascontiguousarray of the transposed": np.ascontiguousarray(keras.transpose(3, 2, 0, 1)),
}
wrong = {}
for name, array in arrays.items():
    save_file({"weight": array}, "weights.safetensors")
    np.save("weights.npy", array)
    from_file, from_bytes = load_file("weights.safetensors")["weight"], load(save({"weight": array}))["weight"]
    assert from_file.shape == array.shape and from_file.dtype == array.dtype
    assert np.array_equal(np.load("weights.npy"), array)
    wrong[name] = 100 * np.mean(from_file != array)
    print(f"{name:39s} {wrong[name]:5.1f} % of the values differ after save_file and load_file, "
          f"{100 * np.mean(from_bytes != array):5.1f} % after save and load")
    assert (wrong[name] == 0) == (from_bytes == array).all()

assert wrong["C order"] == wrong["ascontiguousarray of the transposed"] == 0
assert all(wrong[n] > 50 for n in list(arrays)[1:5])
END
