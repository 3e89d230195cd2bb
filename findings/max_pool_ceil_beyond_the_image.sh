#!/usr/bin/env bash
# Max pooling with ceil_mode keeps windows beyond the image in OpenVINO and OpenCV: -3.4e38.
#
# Package: openvino 2026.4.1, opencv-python-headless 5.0.0.93 (cv2.dnn), beside onnxruntime 1.32.0,
#   tract 0.23.9, onnx 1.23.2 with its ReferenceEvaluator (PyPI)
# Expected: a window that would start beyond the image and its padding at the front is dropped:
#   PyTorch's rule, which ONNX's MaxPool states since opset 22 and ONNX Runtime follows for all.
# Seen: OpenVINO and OpenCV round up and keep it, in opset 13 and in opset 22, so the output has one
#   row and column more, filled with the lowest float. MaxPool2d(2, stride=2, padding=1,
#   ceil_mode=True) over 27 pixels, then a global average, gives minus infinity instead of 0.80; a
#   network whose last layers do not depend on the size loads without an error and answers nonsense.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1 OPENVINO_TELEMETRY=0
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  openvino==2026.4.1 opencv-python-headless==5.0.0.93 onnxruntime==1.32.0 tract==0.23.9 \
  onnx==1.23.2 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import cv2
import numpy as np
import onnx
import onnxruntime
import openvino
import tract
from onnx import helper, TensorProto
from onnx.reference import ReferenceEvaluator

x = np.random.default_rng(0).uniform(0, 1, (1, 1, 27, 27)).astype(np.float32)
padded = np.pad(x[0, 0], 1, constant_values=-np.inf)  # 14 windows of 2 start in the image or at its front
expected = np.array([[padded[2 * i:2 * i + 2, 2 * j:2 * j + 2].max() for j in range(14)] for i in range(14)]).mean()
seen = {}
for opset in (13, 22):
    nodes = [helper.make_node("MaxPool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2], pads=[1] * 4, ceil_mode=1),
             helper.make_node("GlobalAveragePool", ["p"], ["y"])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    onnx.save(model, "m.onnx")
    net = cv2.dnn.readNetFromONNX("m.onnx")
    net.setInput(x)
    outputs = {
        "ONNX Runtime": onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0],
        "onnx reference": ReferenceEvaluator(model).run(None, {"x": x})[0],
        "tract": tract.onnx().load("m.onnx").into_model().into_runnable().run([x])[0].to_numpy(),
        "OpenVINO": openvino.Core().compile_model("m.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(x)[0],
        "OpenCV": net.forward(),
    }
    for name, y in outputs.items():
        seen[name, opset] = float(np.ravel(y)[0])
        print(f"opset {opset}, {name:14s}: mean of the pooled image {seen[name, opset]:.4g}, by hand {expected:.4g}")

for (name, _), y in seen.items():
    assert y == -np.inf if name in ("OpenVINO", "OpenCV") else abs(y - expected) < 1e-5, name
END
