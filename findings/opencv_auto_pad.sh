#!/usr/bin/env bash
# OpenCV 5 puts the odd row and column of ONNX's auto_pad on a side that depends on the kernel.
#
# Package: opencv-python-headless 5.0.0.93 (cv2.dnn), beside onnxruntime 1.32.0, onnx 1.23.2 (PyPI)
# Expected: SAME_UPPER pads the odd row and column at the end, SAME_LOWER at the beginning (ONNX's
#   operator Conv; ONNX Runtime does so). TensorFlow's padding 'same' is SAME_UPPER.
# Seen: the attribute's two values give the same output. Odd kernels pad at the beginning, even
#   kernels at the end. A 3x3 convolution with stride 2 over an even number of pixels and SAME_UPPER is
#   shifted by one pixel, without an error; so are max and average pooling. Explicit `pads` are right.
#   4.14.0.94 was right for SAME_UPPER, and took SAME_LOWER for it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  opencv-python-headless==5.0.0.93 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import cv2
import numpy as np
import onnxruntime
from onnx import helper, numpy_helper, TensorProto

rng = np.random.default_rng(0)


def model(op, kernel, stride, size, **attributes):
    out = -(-size // stride)
    shape = lambda n: [1, 1, n, n]
    value = lambda name, n: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape(n))
    weight = rng.standard_normal(shape(kernel)).astype(np.float32)
    inputs = ["x", "w"] if op == "Conv" else ["x"]
    node = helper.make_node(op, inputs, ["y"], kernel_shape=[kernel] * 2, strides=[stride] * 2, **attributes)
    graph = helper.make_graph([node], "g", [value("x", size)], [value("y", out)],
                              [numpy_helper.from_array(weight, "w")] if op == "Conv" else [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def difference(onnx_bytes, x):
    expected = onnxruntime.InferenceSession(onnx_bytes).run(None, {"x": x})[0]
    net = cv2.dnn.readNetFromONNX(np.frombuffer(onnx_bytes, np.uint8))
    net.setInput(x)
    return np.abs(net.forward() - expected).max()


print("largest difference between OpenCV and ONNX Runtime; inputs are normal numbers")
wrong = set()
for op in ("Conv", "MaxPool", "AveragePool"):
    for kernel, stride, size in ((3, 2, 28), (2, 2, 27), (5, 2, 28), (3, 1, 28)):
        x = rng.standard_normal((1, 1, size, size)).astype(np.float32)
        for auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            d = difference(model(op, kernel, stride, size, auto_pad=auto_pad), x)
            print(f"{op:12s} {kernel}x{kernel} stride {stride} over {size} pixels, {auto_pad}: {d:.2g}")
            if d > 1e-3:
                wrong.add((op, kernel, auto_pad))
x = rng.standard_normal((1, 1, 28, 28)).astype(np.float32)
explicit = difference(model("Conv", 3, 2, 28, pads=[0, 0, 1, 1]), x)
print(f"Conv 3x3 stride 2 over 28 pixels, pads 0 0 1 1: {explicit:.2g}")

assert {(op, k, a) for op, k, a in wrong if op == "Conv"} == {
    ("Conv", 3, "SAME_UPPER"), ("Conv", 5, "SAME_UPPER"), ("Conv", 2, "SAME_LOWER")}
assert ("MaxPool", 3, "SAME_UPPER") in wrong and ("AveragePool", 3, "SAME_UPPER") in wrong
assert explicit < 1e-4
END
