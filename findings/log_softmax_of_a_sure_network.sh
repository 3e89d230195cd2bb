#!/usr/bin/env bash
# Four of six engines compute ONNX's LogSoftmax as log(softmax): a sure network's loss is no number.
#
# Package: onnx 1.23.2 (its ReferenceEvaluator), opencv-python-headless 5.0.0.93, tract 0.23.9,
#   ncnn 1.0.20261020 with pnnx 20261020, beside onnxruntime 1.32.0 and openvino 2026.4.1 (PyPI)
# Expected: LogSoftmax is x - max - log(sum(exp(x - max))), finite for all finite logits; that it
#   does not underflow is why it is an operator of its own.
# Seen: ONNX Runtime and OpenVINO do so. The others take the logarithm of a softmax that has underflowed
#   when two logits are 104 apart, or 87 where denormal numbers are flushed. A network of 2,410
#   parameters that scikit-learn trained on digits of 0..255 gets minus infinity (onnx's reference,
#   OpenCV, tract) or NaN (ncnn, whose logarithm of 0 is NaN) for thousands of outputs, and the mean
#   loss of the test images is no number. numpy's argmax takes NaN for the largest: ncnn's accuracy
#   falls from 84 % to under 1 %. Export logits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1 OPENVINO_TELEMETRY=0
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1 opencv-python-headless==5.0.0.93 \
  tract==0.23.9 ncnn==1.0.20261020 pnnx==20261020 scikit-learn==1.9.1 numpy==2.4.6
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
import tract
from onnx import helper, numpy_helper, TensorProto
from onnx.reference import ReferenceEvaluator
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

pixels, labels = load_digits(return_X_y=True)
pixels = (pixels * (255 / 16)).astype(np.float32)
trained = MLPClassifier((32,), random_state=0, max_iter=60).fit(pixels[:1200], labels[:1200])
images, labels = pixels[1200:], labels[1200:]
weights = [a.astype(np.float32) for a in (trained.coefs_[0], trained.intercepts_[0],
                                         trained.coefs_[1], trained.intercepts_[1])]

nodes = [helper.make_node("Gemm", ["x", "w0", "b0"], ["hidden"]), helper.make_node("Relu", ["hidden"], ["r"]),
         helper.make_node("Gemm", ["r", "w1", "b1"], ["z"]), helper.make_node("LogSoftmax", ["z"], ["y"], axis=1)]
value = lambda name, n: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n])
graph = helper.make_graph(nodes, "g", [value("x", 64)], [value("y", 10)],
                          [numpy_helper.from_array(w, n) for w, n in zip(weights, ("w0", "b0", "w1", "b1"))])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
onnx.save(model, "m.onnx")
data = model.SerializeToString()

session = onnxruntime.InferenceSession(data)
compiled = openvino.Core().compile_model("m.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
reference = ReferenceEvaluator(model)
opencv = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
in_tract = tract.onnx().load("m.onnx").into_model().into_runnable()
program = next(p for p in pathlib.Path(pnnx.__file__).parent.rglob("pnnx") if p.is_file())
subprocess.run([program, "m.onnx", "inputshape=[1,64]", "fp16=0"], capture_output=True, check=True)
in_ncnn = ncnn.Net()
in_ncnn.opt.use_fp16_storage = in_ncnn.opt.use_fp16_packed = in_ncnn.opt.use_fp16_arithmetic = False
in_ncnn.load_param("m.ncnn.param")
in_ncnn.load_model("m.ncnn.bin")


def run_opencv(x):
    opencv.setInput(x)
    return opencv.forward()


def run_ncnn(x):
    extractor = in_ncnn.create_extractor()
    extractor.input("in0", ncnn.Mat(x[0]).clone())
    return np.array(extractor.extract("out0")[1])


engines = {
    "ONNX Runtime": lambda x: session.run(None, {"x": x})[0],
    "OpenVINO": lambda x: compiled(x)[0],
    "onnx reference": lambda x: reference.run(None, {"x": x})[0],
    "OpenCV": run_opencv,
    "tract": lambda x: in_tract.run([x])[0].to_numpy(),
    "ncnn": run_ncnn,
}
seen = {}
for name, run in engines.items():
    out = np.array([np.asarray(run(x[None])).reshape(10) for x in images])
    loss = -out[np.arange(len(labels)), labels].mean()
    accuracy = 100 * (out.argmax(1) == labels).mean()
    seen[name] = (np.isinf(out).sum(), np.isnan(out).sum(), loss, accuracy)
    print(f"{name:15s} {out.size} outputs, infinite {seen[name][0]}, NaN {seen[name][1]}, "
          f"mean loss {loss:.4f}, accuracy by argmax {accuracy:.2f} %")

for name in ("ONNX Runtime", "OpenVINO"):
    assert seen[name][:2] == (0, 0) and np.isfinite(seen[name][2])
for name in ("onnx reference", "OpenCV", "tract"):
    assert seen[name][0] > 0 and seen[name][2] == np.inf
assert seen["ncnn"][1] > 0 and np.isnan(seen["ncnn"][2])
assert seen["ncnn"][3] < 5 < 80 < seen["ONNX Runtime"][3]
END
