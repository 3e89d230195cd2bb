#!/usr/bin/env bash
# After ONNX Runtime's quantize_dynamic an image's logits depend on the other images of its batch.
#
# Package: onnxruntime 1.32.0 (onnxruntime.quantization), onnx 1.23.2, scikit-learn 1.9.1 (PyPI)
# Expected: a network without batch norm gives an image the same logits whatever else is in the
#   batch, so that a test with large batches tells what the device will do with single images.
# Seen: one range is taken over the whole batch of activations (DynamicQuantizeLinear), not one an
#   image. Alone and in a batch of 597, more than 99 % of the images have other logits; one image
#   20 times as bright in the batch changes classes of its neighbours. Static quantisation has none of
#   this. Test a dynamically quantised model with the batch it will get.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  onnxruntime==1.32.0 onnx==1.23.2 scikit-learn==1.9.1 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import logging

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper, TensorProto
from onnxruntime.quantization import quantize_dynamic
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

logging.disable()
images, labels = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
trained = MLPClassifier((32,), random_state=0, max_iter=200).fit(images[:1200], labels[:1200])
images = images[1200:]
tensors = dict(zip(("w0", "w1", "b0", "b1"), trained.coefs_ + trained.intercepts_))
nodes = [helper.make_node("Gemm", ["x", "w0", "b0"], ["h"]), helper.make_node("Relu", ["h"], ["r"]),
         helper.make_node("Gemm", ["r", "w1", "b1"], ["y"])]
value = lambda name, n: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", n])
graph = helper.make_graph(nodes, "g", [value("x", 64)], [value("y", 10)],
                          [numpy_helper.from_array(a.astype(np.float32), k) for k, a in tensors.items()])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "float.onnx")
quantize_dynamic("float.onnx", "int8.onnx")

bright = np.full((1, 64), 20, np.float32)
changed = {}
for name in ("float", "int8"):
    session = onnxruntime.InferenceSession(f"{name}.onnx")
    run = lambda x: session.run(None, {"x": x})[0]
    alone = np.concatenate([run(x[None]) for x in images])
    for batch, y in (("597 images", run(images)), ("a bright one", run(np.concatenate([images, bright]))[:-1])):
        moved = np.abs(y - alone).max(1)
        changed[name, batch] = (100 * np.mean(moved > 1e-4), int((y.argmax(1) != alone.argmax(1)).sum()))
        print(f"{name:5s} alone against in a batch with {batch:12s}: other logits for "
              f"{changed[name, batch][0]:.1f} % of the images, by up to {moved.max():.2g}; "
              f"other class for {changed[name, batch][1]}")

for batch in ("597 images", "a bright one"):
    assert changed["float", batch] == (0, 0)
    assert changed["int8", batch][0] > 90
assert changed["int8", "a bright one"][1] > 0
END
