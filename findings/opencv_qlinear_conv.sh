#!/usr/bin/env bash
# OpenCV 5's QLinearConv of a small plane depends on the number of threads, and changes what is computed after it.
#
# Package: opencv-python-headless 5.0.0.93 (cv2.dnn), beside 4.14.0.94, onnxruntime 1.32.0, onnx 1.23.2 (PyPI)
# Expected: padding stands for 0, so it is the input's zero point; and DequantizeLinear, Sigmoid and
#   QuantizeLinear after a QLinearConv give what they give after anything else.
# Seen: in 5.0.0.93 the border of a padded QLinearConv is wrong on planes of 5 to 7 pixels a side if the input's zero
#   point is not 0 and two or more threads compute it (right are: one thread, its middle, planes of 8 pixels, a zero
#   point of 0); and Sigmoid after a QLinearConv gives other numbers everywhere, while it is right after a
#   QuantizeLinear. No error is raised. 4.14.0.94 is right in all of them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
cat >compare.py <<'END'
import cv2
import numpy as np
import onnxruntime
from onnx import helper, numpy_helper, TensorProto

rng = np.random.default_rng(0)
WEIGHT = rng.integers(-100, 100, (4, 4, 3, 3)).astype(np.int8)
IMAGES = {side: rng.standard_normal((2, 4, side, side)).astype(np.float32) for side in (6, 8)}


def difference(nodes, zero, side=6, threads=2):
    """[2, 4, H, W], as shares of the range."""
    values = {"scale": np.array(0.02, np.float32), "zero": np.array(zero, np.uint8), "weight": WEIGHT,
              "weight_scale": np.full(4, 0.01, np.float32), "weight_zero": np.zeros(4, np.int8),
              "bias": np.array([400, -300, 200, 100], np.int32), "y_scale": np.array(0.2, np.float32), "y_zero": np.array(128, np.uint8),
              "share": np.array(1 / 255, np.float32), "none": np.array(0, np.uint8)}
    used = {name for node in nodes for name in node.input}
    constants = [numpy_helper.from_array(value, name) for name, value in values.items() if name in used]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 4, h, w])
            for name, h, w in (("x", side, side), ("y", None, None))]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    expected = onnxruntime.InferenceSession(model).run(None, {"x": IMAGES[side]})[0]
    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
    net.setInput(IMAGES[side])
    return np.abs(net.forward().reshape(expected.shape) - expected) / np.ptp(expected)


quantise = helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"])


def convolution(pad):
    return helper.make_node("QLinearConv", ["q", "scale", "zero", "weight", "weight_scale", "weight_zero",
                                            "y_scale", "y_zero", "bias"], ["c"], kernel_shape=[3, 3], pads=[pad] * 4)


dequantise = helper.make_node("DequantizeLinear", ["c", "y_scale", "y_zero"], ["y"])


def sigmoid(of, scale, zero):
    return [helper.make_node("DequantizeLinear", [of, scale, zero], ["d"]), helper.make_node("Sigmoid", ["d"], ["s"]),
            helper.make_node("QuantizeLinear", ["s", "share", "none"], ["sq"]),
            helper.make_node("DequantizeLinear", ["sq", "share", "none"], ["y"])]


padded = difference([quantise, convolution(1), dequantise], 100)
border = np.ones(padded.shape, bool)
border[:, :, 1:-1, 1:-1] = False
figures = {"a padded QLinearConv of 6 pixels a side, border": padded[border].max(), "its middle": padded[~border].max(),
           "by one thread": difference([quantise, convolution(1), dequantise], 100, threads=1).max(),
           "of 8 pixels a side": difference([quantise, convolution(1), dequantise], 100, 8).max(),
           "with zero point 0": difference([quantise, convolution(1), dequantise], 0).max(),
           "Sigmoid after QLinearConv": difference([quantise, convolution(0), *sigmoid("c", "y_scale", "y_zero")], 100).max(),
           "Sigmoid after QuantizeLinear": difference([quantise, *sigmoid("q", "scale", "zero")], 100).max()}
print(f"OpenCV {cv2.__version__}, largest difference to ONNX Runtime as a share of the range:")
for name, share in figures.items():
    print(f"  {name}: {share:.2f}")
wrong = [name for name, share in figures.items() if share > 0.1]
right = max(share for share in figures.values() if share <= 0.1)
assert right < 0.01
assert wrong == (["a padded QLinearConv of 6 pixels a side, border", "Sigmoid after QLinearConv"] if cv2.__version__.startswith("5.") else [])
END
for version in 4.14.0.94 5.0.0.93; do
  python3 -m venv "$version"
  "$version/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    "opencv-python-headless==$version" onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
  "$version/bin/python" -W ignore compare.py
done
