"""Lets the importers of this Python compute the files that rung_onnx_cases has written: run_importers.py FOLDER.
Prints a line for each importer and file: the file's number, the importer, and the largest difference to Rung's logits
or why there is none. Of integers it is a share of the logits' range, and of a trained model the share of the images
that get another class than from the C code."""
import pathlib
import sys

import cv2
import numpy as np

try:
    import onnx
    import onnxruntime
except ImportError:
    onnx = onnxruntime = None

cv2.setNumThreads(2)  # OpenCV 5's quantised convolutions depend on it
BATCHES = [16, 1, 5]  # one after the other: a file says nothing about how many images come at once


def run_onnxruntime(file):
    options = onnxruntime.SessionOptions()
    if "qlinear" in file:  # or sums of two products saturate at 16 bits on x86-64 processors that lack VNNI
        options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(["logits"], {"image": images})[0]


def run_opencv(file):
    net = cv2.dnn.readNetFromONNX(file)

    def run(images):
        net.setInput(images, "image")
        return net.forward("logits")

    return run


def check(file):
    """No logits, but an error if the checker or its inference of shapes finds one."""
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert len(inferred.graph.value_info) + 1 >= len(model.graph.node), "shapes that cannot be inferred"
    return None


importers = {f"OpenCV {cv2.__version__}": run_opencv}
if onnx is not None:
    importers[f"ONNX Runtime {onnxruntime.__version__}"] = run_onnxruntime
    importers[f"onnx {onnx.__version__} full check"] = check


def difference(run, images, logits, batches):
    if run is None:
        return 0.0
    worst, first = 0.0, 0
    for size in batches:
        result = run(images[first : first + size])
        expected = logits[first : first + size]
        assert result.shape == expected.shape, f"{result.shape} for {expected.shape}"
        assert not np.isnan(result).any(), "NaN"
        worst = max(worst, float(np.abs(result - expected).max()))
        first = (first + size) % len(images)
    return worst


def compare(number, file, images, logits, batches, unit=1):
    for name, load in importers.items():
        try:
            outcome = f"{difference(load(str(file)), images, logits, batches) / unit:.1e}"
        except Exception as error:  # whatever an importer throws
            outcome = " ".join(str(error).split())[:200] or type(error).__name__
        print(number, name, outcome, sep="\t", flush=True)


def compare_trained(file, pixels, normalised):
    images = pixels if "raw" in file.name else normalised
    batches = [500] * (len(images) // 500)
    if "int8" not in file.name:
        logits = np.fromfile(folder / "trained.logits", np.float32).reshape(-1, 10)
        return compare(file.stem, file, images, logits, batches)
    # Integers may be a step apart: what counts is the class.
    classes = np.fromfile(folder / "trained.integers", np.int32).reshape(-1, 10).argmax(axis=1)
    for name, load in importers.items():
        try:
            run = load(str(file))
            found = run and np.concatenate([run(part) for part in np.split(images, len(batches))]).argmax(axis=1)
            outcome = f"{0 if run is None else (found != classes).mean():.1e}"
        except Exception as error:
            outcome = " ".join(str(error).split())[:200]
        print(file.stem, name, outcome, sep="\t", flush=True)


folder = pathlib.Path(sys.argv[1])
for line in (folder / "cases.tsv").read_text().splitlines():
    number, name, _, shape = line.split("\t")
    is_integer = number.startswith("int8")
    images = np.fromfile(folder / f"{number}.images", np.uint8 if is_integer or name == "pixels in" else np.float32)
    logits = np.fromfile(folder / f"{number}.logits", np.float32).reshape(16, -1)
    images = images.reshape([16] + [int(side) for side in shape.split()])
    unit = np.ptp(logits) if is_integer else 1
    compare(number, folder / f"{number}.onnx", np.tile(images, (2, 1, 1, 1)), np.tile(logits, (2, 1)), BATCHES, unit)

if (folder / "trained.images").exists():
    pixels = np.fromfile(folder / "trained.images", np.uint8).reshape(-1, 1, 28, 28)
    normalised = ((pixels / 255 - 0.1307) / 0.3081).astype(np.float32)
    for file in sorted(folder.glob("trained*.onnx")):
        compare_trained(file, pixels, normalised)
