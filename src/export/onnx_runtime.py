"""Times ONNX Runtime on models, for `rung bench --inference`: onnx_runtime.py OUT IMAGES COUNT THREADS SECONDS MODEL...

IMAGES holds COUNT images as the models take them, float32. One image runs in one thread, all together in THREADS; each
measurement takes SECONDS. The file OUT gets a JSON document: what was measured, or why it could not be. Inputs and
outputs are bound, which is the interface with the least overhead that Python has, and close to C's; InferenceSession.run
is measured as well. For Python 3.8 or newer.
"""
import json
import sys
import time

WARM_UP_RUNS = 20


def durations(act, seconds):
    """Of repeated calls, sorted, in microseconds."""
    for _ in range(WARM_UP_RUNS):
        act()
    measured = []
    end = time.perf_counter() + seconds
    while not measured or time.perf_counter() < end:
        start = time.perf_counter()
        act()
        measured.append(1e6 * (time.perf_counter() - start))
    return sorted(measured)


class Bound:
    """A session with the images as its input, and its logits."""

    def __init__(self, runtime, model, images, threads, numpy):
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0]
        output = self.session.get_outputs()[0]
        self.images = numpy.ascontiguousarray(images.reshape([len(images)] + self.input.shape[1:]))
        self.logits = numpy.zeros([len(images), output.shape[1]], numpy.float32)
        self.binding = self.session.io_binding()
        self.binding.bind_cpu_input(self.input.name, self.images)
        self.binding.bind_output(output.name, "cpu", 0, numpy.float32, list(self.logits.shape), self.logits.ctypes.data)

    def run_bound(self):
        self.session.run_with_iobinding(self.binding)

    def run(self):
        return self.session.run(None, {self.input.name: self.images})


def measure(runtime, model, images, threads, seconds, numpy):
    one = Bound(runtime, model, images[:1], 1, numpy)
    every = Bound(runtime, model, images, threads, numpy)
    bound = durations(one.run_bound, seconds)
    run = durations(one.run, seconds)
    batch = durations(every.run_bound, seconds)
    return {
        "image_us": bound[len(bound) // 2],
        "image_us_99": bound[len(bound) * 99 // 100],
        "run_us": run[len(run) // 2],
        "images_per_second": 1e6 * len(images) / batch[len(batch) // 2],
        "logits": [float(value) for value in every.logits.reshape(-1)],
    }


def main():
    out, file, count, threads, seconds = sys.argv[1:6]
    try:
        import numpy
        import onnxruntime as runtime
    except ImportError as error:
        result = {"python": sys.executable, "missing": " ".join(str(error).split())[:300]}
    else:
        runtime.set_default_logger_severity(3)  # errors
        images = numpy.fromfile(file, numpy.float32).reshape(int(count), -1)
        result = {
            "version": runtime.__version__,
            "models": [measure(runtime, model, images, int(threads), float(seconds), numpy) for model in sys.argv[6:]],
        }
    with open(out, "w", encoding="ascii") as document:
        json.dump(result, document)


if __name__ == "__main__":
    main()
