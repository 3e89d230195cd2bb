#!/usr/bin/env bash
# Aidge runs the Dropout of an imported inference model as in training, and swaps the sides of auto_pad.
#
# Package: aidge-core 0.10.1, aidge-onnx 0.10.1, aidge-backend-cpu 0.10.1, beside onnxruntime 1.32.0,
#   onnx 1.23.2 (PyPI)
# Expected: ONNX's Dropout without training_mode is the identity, whatever its ratio, and so it is in
#   ONNX Runtime. Pooling with SAME_UPPER pads the odd row and column at the end.
# Seen: Aidge drops half of the elements and doubles the others, each time the same ones, so a run looks
#   reproducible. aidge_core.remove_dropout on the imported graph mends it. Max and average pooling by
#   3x3 with stride 2 over 28 pixels give SAME_LOWER's output for SAME_UPPER and the reverse.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  aidge-core==0.10.1 aidge-onnx==0.10.1 aidge-backend-cpu==0.10.1 onnxruntime==1.32.0 onnx==1.23.2 \
  numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import aidge_backend_cpu  # registers the kernels
import aidge_core
import aidge_onnx
import numpy as np
import onnx
import onnxruntime
from onnx import helper, TensorProto

aidge_core.Log.set_console_level(aidge_core.Level.Fatal)
x = np.random.default_rng(0).standard_normal((1, 4, 28, 28)).astype(np.float32)


def save(size_out, op, **attributes):
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], **attributes)], "g",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, size_out, size_out])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "m.onnx")


def runtime():
    return onnxruntime.InferenceSession("m.onnx").run(None, {"x": x})[0]


def aidge(change=lambda graph: None):
    graph = aidge_onnx.load_onnx("m.onnx")
    change(graph)
    graph.set_backend("cpu")
    graph.set_datatype(aidge_core.dtype.float32)
    graph.forward_dims([x.shape])
    scheduler = aidge_core.SequentialScheduler(graph)
    scheduler.forward(data=[aidge_core.Tensor(x)])
    return np.array(list(graph.get_output_nodes())[0].get_operator().get_output(0))


save(28, "Dropout")
y = aidge()
kept = y != 0
print(f"Dropout: ONNX Runtime changes {(runtime() != x).sum()} of {x.size} values; Aidge sets {(~kept).sum()} to 0 "
      f"and multiplies the others by {np.unique((y / x)[kept].round(5))}")
assert np.array_equal(runtime(), x)
assert 0.4 < np.mean(kept) < 0.6 and np.array_equal(y[kept], 2 * x[kept])

for op in ("MaxPool", "AveragePool"):
    right, seen = {}, {}
    for auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        save(14, op, kernel_shape=[3, 3], strides=[2, 2], auto_pad=auto_pad)
        right[auto_pad], seen[auto_pad] = runtime(), aidge()
    swapped = max(np.abs(seen["SAME_UPPER"] - right["SAME_LOWER"]).max(),
                  np.abs(seen["SAME_LOWER"] - right["SAME_UPPER"]).max())
    same = np.abs(seen["SAME_UPPER"] - right["SAME_UPPER"]).max()
    print(f"{op}: Aidge from ONNX Runtime, the same auto_pad {same:.2g}, the other {swapped:.2g}")
    assert swapped < 1e-5 < same

# A model of which something is left when its Dropout is removed.
nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Dropout", ["r"], ["d"]),
         helper.make_node("Relu", ["d"], ["y"])]
value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape)
graph = helper.make_graph(nodes, "g", [value("x")], [value("y")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "m.onnx")
print(f"Relu, Dropout, Relu: Aidge from ONNX Runtime {np.abs(aidge() - runtime()).max():.2g}, "
      f"after remove_dropout {np.abs(aidge(aidge_core.remove_dropout) - runtime()).max():.2g}")
assert np.abs(aidge() - runtime()).max() > 1 and np.array_equal(aidge(aidge_core.remove_dropout), runtime())
END
