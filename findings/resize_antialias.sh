#!/usr/bin/env bash
# OpenVINO, OpenCV and ncnn's converter ignore antialias=1 of ONNX's Resize, without an error.
#
# Package: openvino 2026.4.1, opencv-python-headless 5.0.0.93 (cv2.dnn), pnnx 20261020 with
#   ncnn 1.0.20261020, beside onnxruntime 1.32.0, onnx 1.23.2, pillow 13.0.0 (PyPI)
# Expected: opset 18 has antialias for a model that shrinks its input; an engine does so or refuses.
# Seen: ONNX Runtime gives Pillow's bilinear result. OpenVINO, OpenCV and ncnn load the same model and
#   compute it without antialiasing. Of three strokes one pixel wide, shrunk from 200 to 28 pixels, two
#   vanish and the third is five times too bright.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1 OPENVINO_TELEMETRY=0
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  openvino==2026.4.1 opencv-python-headless==5.0.0.93 onnxruntime==1.32.0 onnx==1.23.2 \
  ncnn==1.0.20261020 pnnx==20261020 pillow==13.0.0 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import pathlib
import subprocess

import cv2
import ncnn
import numpy as np
import onnx
import onnxruntime
import openvino
import pnnx
from onnx import helper, numpy_helper, TensorProto
from PIL import Image

x = np.zeros((1, 1, 200, 200), np.float32)
x[0, 0, 20:180, 60] = 1   # a digit 4 of strokes one pixel wide
x[0, 0, 100, 60:140] = 1
x[0, 0, 20:180, 120] = 1
pillow = np.asarray(Image.fromarray(x[0, 0]).resize((28, 28), Image.Resampling.BILINEAR))
program = next(p for p in pathlib.Path(pnnx.__file__).parent.rglob("pnnx") if p.is_file())


def outputs(antialias):
    # A 1x1 convolution by 1 comes first: pnnx knows the batch axis by it.
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]),
             helper.make_node("Resize", ["c", "", "", "size"], ["y"], mode="linear", antialias=antialias)]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 28, 28])],
                              [numpy_helper.from_array(np.array([1, 1, 28, 28]), "size"),
                               numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), "m.onnx")
    yield "ONNX Runtime", onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0][0, 0]
    yield "OpenVINO", openvino.Core().compile_model("m.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(x)[0][0, 0]
    net = cv2.dnn.readNetFromONNX("m.onnx")
    net.setInput(x)
    yield "OpenCV", net.forward()[0, 0]
    subprocess.run([program, "m.onnx", "inputshape=[1,1,200,200]", "fp16=0"], capture_output=True, check=True)
    net = ncnn.Net()
    net.opt.use_fp16_storage = net.opt.use_fp16_packed = net.opt.use_fp16_arithmetic = False
    net.load_param("m.ncnn.param")
    net.load_model("m.ncnn.bin")
    extractor = net.create_extractor()
    extractor.input("in0", ncnn.Mat(x[0]).clone())
    yield "ncnn", np.array(extractor.extract("out0")[1])[0]


plain = dict(outputs(0))
seen = dict(outputs(1))
print(f"Pillow, bilinear: {(pillow > 0.05).sum()} of 784 pixels above 0.05, sum {pillow.sum():.2f}")
for name, y in seen.items():
    print(f"{name:12s} antialias=1: {(y > 0.05).sum()} pixels above 0.05, sum {y.sum():.2f}; from Pillow's "
          f"{np.abs(y - pillow).max():.2g}, from its own antialias=0 {np.abs(y - plain[name]).max():.2g}")

assert np.abs(seen["ONNX Runtime"] - pillow).max() < 1e-5
for name in ("OpenVINO", "OpenCV", "ncnn"):
    assert np.array_equal(seen[name], plain[name])
    assert np.abs(seen[name] - pillow).max() > 0.1
END
