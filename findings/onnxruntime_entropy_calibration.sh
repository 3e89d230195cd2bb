#!/usr/bin/env bash
# ONNX Runtime's entropy calibration gives min-max calibration's scales, to the bit.
#
# Package: onnxruntime 1.32.0 (onnxruntime.quantization), onnx 1.23.2 (PyPI)
# Expected: quantize_static with calibrate_method=CalibrationMethod.Entropy picks the clipping threshold
#   that loses least information (the method of TensorRT, which it cites), so it clips one broken pixel
#   among 156,800.
# Seen: it sorts the values into 128 bins for 128 quantisation levels, which leaves one threshold to
#   choose: the largest value. The scales are MinMax's, and the broken pixel costs three of the eight
#   bits. quantize_static has no option for the number of bins. Percentile (99.999 %) clips the pixel.
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


images = rng.standard_normal((200, 1, 28, 28)).astype(np.float32)
images[0, 0, 14, 14] = 100  # one broken pixel of 156,800


def scales(method):
    with contextlib.redirect_stdout(io.StringIO()):
        quantize_static("float.onnx", "int8.onnx", Reader(images), calibrate_method=CalibrationMethod[method])
    stored = {i.name: numpy_helper.to_array(i) for i in onnx.load("int8.onnx").graph.initializer}
    return float(stored["x_scale"]), float(stored["y_scale"])


seen = {}
for name in ("MinMax", "Entropy", "Percentile"):
    seen[name] = scales(name)
    print(f"{name:10s} scale of the input {seen[name][0]:.6f}, of the output {seen[name][1]:.6f}")

assert seen["Entropy"] == seen["MinMax"]
assert seen["Percentile"][0] < seen["MinMax"][0] / 8
END
