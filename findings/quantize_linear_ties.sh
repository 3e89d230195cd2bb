#!/usr/bin/env bash
# An odd zero point moves every tie of QuantizeLinear in OpenVINO and OpenCV.
#
# Package: openvino 2026.4.1, opencv-python-headless 5.0.0.93 (cv2.dnn), beside onnxruntime 1.32.0,
#   onnx 1.23.2 with its ReferenceEvaluator, tract 0.23.9 (PyPI)
# Expected: ONNX's QuantizeLinear rounds x / scale half to even, then adds the zero point. So do ONNX
#   Runtime, onnx's reference and tract.
# Seen: OpenVINO and OpenCV round x / scale + zero point. With an even zero point that is the same;
#   with an odd one every tie lands one step elsewhere. Ties are not rare: with the scale 2 every second
#   level of an 8-bit image is one, and so is a quarter of the means of 2x2 whole numbers. An exporter
#   whose int8 model shall give the same bytes in every engine chooses even zero points.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1 OPENVINO_TELEMETRY=0
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  openvino==2026.4.1 opencv-python-headless==5.0.0.93 onnxruntime==1.32.0 onnx==1.23.2 \
  tract==0.23.9 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import cv2
import numpy as np
import onnx
import onnxruntime
import openvino
import tract
from onnx import helper, numpy_helper, TensorProto
from onnx.reference import ReferenceEvaluator

# Every level of an 8-bit image, in steps of half a quantum: 128 of the 256 values are ties.
x = (np.arange(256, dtype=np.float32) * 0.5 - 32).reshape(1, 1, 16, 16)


def outputs(zero_point):
    nodes = [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
             helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"])]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
                              [numpy_helper.from_array(np.float32(1), "s"),
                               numpy_helper.from_array(np.uint8(zero_point), "z")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    onnx.save(model, "m.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    yield "ONNX Runtime", onnxruntime.InferenceSession("m.onnx", options).run(None, {"x": x})[0]
    yield "onnx reference", ReferenceEvaluator(model).run(None, {"x": x})[0]
    yield "tract", tract.onnx().load("m.onnx").into_model().into_runnable().run([x])[0].to_numpy()
    yield "OpenVINO", openvino.Core().compile_model("m.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(x)[0]
    net = cv2.dnn.readNetFromONNX("m.onnx")
    net.setInput(x)
    yield "OpenCV", net.forward()


wrong = {}
for zero_point in (128, 127, 126, 125):
    # scale 1: x / scale is exact, and so is numpy's rounding half to even
    expected = np.clip(np.rint(x) + zero_point, 0, 255) - zero_point
    for name, y in outputs(zero_point):
        wrong[name, zero_point] = int((y != expected).sum())
        print(f"zero point {zero_point}, {name:14s}: {wrong[name, zero_point]} of 256 values differ from ONNX's rule"
              f"; 0.5 becomes {y.ravel()[65]:g}, 1.5 becomes {y.ravel()[67]:g}")

for (name, zero_point), n in wrong.items():
    assert n == (128 if name in ("OpenVINO", "OpenCV") and zero_point % 2 else 0), (name, zero_point, n)
END
