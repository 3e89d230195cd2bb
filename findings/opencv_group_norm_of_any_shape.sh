#!/usr/bin/env bash
# OpenCV 5 takes an instance norm between two reshapes for a group norm, whatever their shapes are.
#
# Package: opencv-python-headless 5.0.0.93 (cv2.dnn), beside onnxruntime 1.32.0, onnx 1.23.2 (PyPI)
# Expected: Reshape, InstanceNormalization, Reshape, Mul and Add are joined to one group norm only where
#   they are one: groups within an image, and a weight and a bias for each channel. (ONNX has no
#   GroupNormalization before opset 18, so exporters write these five.)
# Seen: a weight and a bias of the last axis, [W], are taken for those of channels where W happens to be
#   the number of channels; and a reshape that forms groups of whole images across the batch becomes one
#   within each image. Both give other numbers without an error. The ordinary case is right, and so is
#   4.14.0.94 in all of them.
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
BATCH, CHANNELS = 3, 4


def difference(side, grouped, weight_shape):
    """Of the outputs for images of `side`, grouped by the first reshape, scaled by weights of this shape."""
    def constant(name, values):
        return numpy_helper.from_array(values, name)

    weight, bias = (rng.random(weight_shape, dtype=np.float32) + 0.5 for _ in range(2))
    image = [CHANNELS, *side]
    nodes = [helper.make_node("Reshape", ["x", "groups"], ["grouped"]),
             helper.make_node("InstanceNormalization", ["grouped", "ones", "zeros"], ["normal"], epsilon=1e-5),
             helper.make_node("Reshape", ["normal", "image"], ["back"]),
             helper.make_node("Mul", ["back", "weight"], ["scaled"]),
             helper.make_node("Add", ["scaled", "bias"], ["y"])]
    constants = [constant("groups", np.array(grouped, np.int64)), constant("image", np.array([-1, *image], np.int64)),
                 constant("ones", np.ones(grouped[1], np.float32)),
                 constant("zeros", np.zeros(grouped[1], np.float32)), constant("weight", weight),
                 constant("bias", bias)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *image]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    x = rng.standard_normal((BATCH, *image)).astype(np.float32)
    expected = onnxruntime.InferenceSession(model).run(None, {"x": x})[0]
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
    net.setInput(x)
    return np.abs(net.forward().reshape(expected.shape) - expected).max()


print("largest difference between OpenCV and ONNX Runtime")
ordinary = difference((6, 6), [0, 2, -1], (CHANNELS, 1, 1))
columns = difference((6, CHANNELS), [0, 2, -1], (CHANNELS,))
batch = difference((6, 6), [-1, 2, 2 * 36 * 3], (CHANNELS, 1, 1))
print(f"2 groups of 4 channels, a weight for each channel: {ordinary:.2g}")
print(f"the same of 4 columns, a weight for each column: {columns:.2g}")
print(f"2 groups of the batch's 12 channels, a weight for each channel: {batch:.2g}")
assert ordinary < 1e-4 < 0.1 < min(columns, batch)
END
