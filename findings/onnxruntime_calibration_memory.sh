#!/usr/bin/env bash
# ONNX Runtime's option that bounds the memory of min-max calibration drops all images but the last few.
#
# Package: onnxruntime 1.32.0 (onnxruntime.quantization), onnx 1.23.2 (PyPI)
# Expected: CalibMaxIntermediateOutputs = n merges the ranges after every n images and then frees their
#   outputs; the scales are the same as without it.
# Seen: after every n images their outputs are dropped before their ranges were taken. 200 images with
#   n = 60 give, to the bit, the scales of the last 20 images alone: of the last class, if they are
#   sorted by class. If n divides the number of images, nothing is left: "No data is collected."
#   The project knows it as its issue 18893.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import contextlib
import io
import logging

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, quantize_static

logging.disable()
rng = np.random.default_rng(0)
weight = rng.standard_normal((4, 1, 3, 3)).astype(np.float32)
nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Relu", ["c"], ["y"])]
graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 28, 28])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4, 26, 26])],
                          [numpy_helper.from_array(weight, "w")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "float.onnx")


class Reader(CalibrationDataReader):
    def __init__(self, images):
        self.images = iter(images)

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"x": image[None]}


# Sorted by class, as a folder of images is: class k has k times the contrast.
images = np.concatenate([k * rng.uniform(-1, 1, (20, 1, 28, 28)).astype(np.float32) for k in range(10, 0, -1)])


def quantise(held, images=images):
    options = {} if held is None else {"CalibMaxIntermediateOutputs": held}
    with contextlib.redirect_stdout(io.StringIO()):
        quantize_static("float.onnx", "int8.onnx", Reader(images), calibrate_method=CalibrationMethod.MinMax,
                        extra_options=options)
    stored = {i.name: numpy_helper.to_array(i) for i in onnx.load("int8.onnx").graph.initializer}
    return float(stored["x_scale"]), float(stored["y_scale"])


every = quantise(None)
some = quantise(60)
last = quantise(None, images[-20:])
print(f"200 images, no option:                     scales {every[0]:.6f} {every[1]:.6f}")
print(f"200 images, CalibMaxIntermediateOutputs 60: scales {some[0]:.6f} {some[1]:.6f}")
print(f"the last 20 images alone, no option:       scales {last[0]:.6f} {last[1]:.6f}")
try:
    quantise(50)
    error = ""
except ValueError as e:
    error = str(e)
print(f"200 images, CalibMaxIntermediateOutputs 50: ValueError: {error}")

assert some == last and every[0] > 9 * some[0]
assert error == "No data is collected."
END
