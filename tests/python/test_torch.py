"""Models to PyTorch and from PyTorch: logits, round trips, refusals. Tests that need PyTorch are skipped without it.

The random models draw every layer and every option. Their shapes, and those of their weights, are worked out here once
more, so that neither side is checked against itself.
"""

import copy
import pickle
import subprocess
import sys
import unittest
from collections import OrderedDict

import numpy as np

import rung

try:
    import torch
    from torch import nn
except ImportError:
    torch = None

needs_torch = unittest.skipIf(torch is None, "PyTorch is not installed")

SEEDS = range(100)
# Of the largest value in a model. Rounding a float32 changes it by at most 6e-8 of itself. A sum of some hundred
# products in another order changes by about 1e-6 of its largest part, and the layers after it may multiply that.
TOLERANCE = 1e-5
KINDS = (
    "conv2d",
    "batch_norm2d",
    "group_norm",
    "dropout",
    "dropout2d",
    "relu",
    "leaky_relu",
    "prelu",
    "silu",
    "gelu",
    "mish",
    "relu6",
    "hardswish",
    "sigmoid",
    "tanh",
    "add",
    "max_pool2d",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "flatten",
    "linear",
)
MOST_VALUES = 2000  # of a layer's output


def pair(size):
    return size if isinstance(size, list) else [size, size]


def windows(inputs, kernel, stride, padding, dilation=1, ceil_mode=False):
    """How many windows there are along a side, as PyTorch documents it; 0 if the kernel does not fit."""
    room = inputs + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        return 0
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    begins_in_padding = (count - 1) * stride >= inputs + padding
    return count - begins_in_padding


class RandomModel:
    """A recipe of a few small layers, and weights for it. One seed always gives the same."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.input = (self.pick(1, 1, 2, 3), self.between(5, 14), self.between(5, 14))
        self.classes = self.between(2, 6)
        self.layers = []
        self.shapes = []  # of the layers' outputs
        self.state = {}
        for _ in range(self.between(4, 10)):
            self.draw(self.pick("conv2d", "conv2d", "add", "add", *KINDS))
        self.end()

    @property
    def shape(self):
        """Of the last layer's output."""
        return self.shapes[-1] if self.shapes else self.input

    @property
    def recipe(self):
        colours = self.input[0] == 3
        return {
            "title": "A random model",
            "dataset": {
                "name": "./images",
                "mean": [0.49, 0.48, 0.45] if colours else 0.1307,
                "std": [0.25, 0.24, 0.26] if colours else 0.3081,
            },
            "model": {"input": list(self.input), "classes": self.classes, "layers": self.layers},
            "training": {"epochs": 1},
            "optimizer": {"type": "sgd"},
        }

    def model(self):
        return rung.Model.from_state_dict(rung.Recipe.from_dict(self.recipe), self.state)

    def images(self):
        channels, height, width = self.input
        shape = (self.between(2, 18), height, width) + ((channels,) if channels > 1 else ())
        return self.random.integers(0, 256, shape, dtype=np.uint8)

    def draw(self, kind):
        """Append such a layer, unless it does not fit."""
        options, shape, tensors = getattr(self, kind, self.plain)()
        if 0 < np.prod(shape) <= MOST_VALUES:
            self.append(kind, options, shape, tensors)

    def append(self, kind, options, shape, tensors):
        self.state |= {f"{len(self.layers)}.{name}": value for name, value in tensors.items()}
        self.layers.append({"type": kind, **options})
        self.shapes.append(tuple(int(side) for side in shape))

    # Numbers.

    def between(self, low, high):
        return int(self.random.integers(low, high + 1))

    def pick(self, *choices):
        return choices[self.between(0, len(choices) - 1)]

    def real(self, low, high):
        return float(self.random.uniform(low, high))

    def size(self, low, high):
        """One for both sides, or one for each."""
        return self.pick(self.between(low, high), [self.between(low, high), self.between(low, high)])

    def tensor(self, low, high, *shape):
        return self.random.uniform(low, high, shape).astype(np.float32)

    def affine(self):
        channels = self.shape[0]
        return {"weight": self.tensor(0.5, 1.5, channels), "bias": self.tensor(-0.5, 0.5, channels)}

    def products(self, bias, outputs, *inputs):
        """Weights that keep the scale of what they multiply."""
        bound = np.sqrt(3 / np.prod(inputs))
        weight = {"weight": self.tensor(-bound, bound, outputs, *inputs)}
        return {**weight, "bias": self.tensor(-0.5, 0.5, outputs)} if bias else weight

    # Layers: their options, the shape of their output, and their tensors.

    def plain(self):
        return {}, self.shape, {}

    def conv2d(self):
        channels, *plane = self.shape
        kernel, stride = self.size(1, 4), self.pick(1, 1, self.size(1, 3))
        padding, dilation = self.pick(0, 1, self.size(0, 3)), self.pick(1, 1, self.size(1, 3))
        groups, bias = self.pick(1, 1, channels), self.pick(True, False)
        outputs = groups * self.between(1, 3)
        options = {
            "out_channels": outputs,
            "kernel_size": kernel,
            "stride": stride,
            "padding": padding,
            "dilation": dilation,
            "groups": groups,
            "bias": bias,
        }
        sides = map(windows, plane, pair(kernel), pair(stride), pair(padding), pair(dilation))
        return options, (outputs, *sides), self.products(bias, outputs, channels // groups, *pair(kernel))

    def batch_norm2d(self):
        channels = self.shape[0]
        statistics = {
            "running_mean": self.tensor(-0.5, 0.5, channels),
            "running_var": self.tensor(0.3, 2, channels),
        }
        options = {"eps": self.pick(1e-5, 1e-3), "momentum": self.real(0, 1)}
        return options, self.shape, {**self.affine(), **statistics}

    def group_norm(self):
        channels = self.shape[0]
        groups = self.pick(*(number for number in range(1, channels + 1) if channels % number == 0))
        eps = self.pick(1e-3, 1e-2)  # a smaller one makes the rounding of nearly equal values large
        options = {"num_groups": groups, "eps": eps, "affine": self.pick(True, False)}
        return options, self.shape, self.affine() if options["affine"] else {}

    def dropout(self):
        return {"p": self.real(0, 0.9)}, self.shape, {}

    dropout2d = dropout

    def leaky_relu(self):
        return {"negative_slope": self.real(-0.5, 1.5)}, self.shape, {}

    def prelu(self):
        slopes = self.pick(1, self.shape[0])
        options = {"num_parameters": slopes, "init": self.pick(0.25, 0.1)}
        return options, self.shape, {"weight": self.tensor(-0.5, 0.5, slopes)}

    def gelu(self):
        return {"approximate": self.pick("none", "tanh")}, self.shape, {}

    def add(self):
        own = len(self.layers)
        alike = [earlier for earlier in range(own) if self.shapes[earlier] == self.shape]
        if not alike:
            return {}, (0,), {}  # does not fit
        earlier = self.pick(*alike)
        return {"from": self.pick(earlier, earlier - own)}, self.shape, {}

    def max_pool2d(self):
        channels, *plane = self.shape
        kernel = self.size(1, 4)
        stride = self.pick(kernel, self.size(1, 3))
        padding = [self.between(0, side // 2) for side in pair(kernel)]
        ceil_mode = self.pick(True, False)
        options = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
        sides = map(windows, plane, pair(kernel), pair(stride), padding, (1, 1), pair(ceil_mode))
        return options, (channels, *sides), {}

    def avg_pool2d(self):
        options, shape, tensors = self.max_pool2d()
        return {**options, "count_include_pad": self.pick(True, False)}, shape, tensors

    def adaptive_avg_pool2d(self):
        size = self.size(1, 5)
        return {"output_size": size}, (self.shape[0], *pair(size)), {}

    def flatten(self):
        return {}, (np.prod(self.shape), 1, 1), {}

    def linear(self):
        if self.shape[1:] != (1, 1):
            return {}, (0,), {}  # does not fit
        bias = self.pick(True, False)
        options = {"out_features": self.classes, "bias": bias}
        return options, (self.classes, 1, 1), self.products(bias, self.classes, self.shape[0])

    # Ends: classes × 1 × 1.

    def end(self):
        self.pick(self.end_in_linear, self.end_in_mean_and_linear, self.end_in_convolution, self.end_in_mean)()

    def end_in_linear(self):
        self.draw("flatten")
        self.draw("linear")

    def end_in_mean_and_linear(self):
        """Without a flatten between them."""
        self.end_in_plane_mean()
        self.draw("linear")

    def end_in_convolution(self):
        """That covers the plane."""
        self.append_convolution(self.shape[1:])

    def end_in_mean(self):
        self.append_convolution((1, 1))
        self.end_in_plane_mean()

    def end_in_plane_mean(self):
        self.append("adaptive_avg_pool2d", {"output_size": 1}, (self.shape[0], 1, 1), {})

    def append_convolution(self, kernel):
        channels, *plane = self.shape
        sides = map(windows, plane, kernel, (1, 1), (0, 0))
        options = {"out_channels": self.classes, "kernel_size": list(kernel)}
        self.append("conv2d", options, (self.classes, *sides), self.products(True, self.classes, channels, *kernel))


def largest_value(module, inputs):
    """Among the outputs of all layers."""
    found = []
    hooks = [layer.register_forward_hook(lambda *given: found.append(float(given[-1].abs().max()))) for layer in module]
    module(inputs)
    for hook in hooks:
        hook.remove()
    return max(found)


def normalised(images):
    """Grey ones as tensors, with MNIST's constants."""
    return (torch.tensor(images[:, None]).float() / 255 - 0.1307) / 0.3081


@needs_torch
class ToTorch(unittest.TestCase):
    def setUp(self):
        self.drawn = RandomModel(7)
        self.images = self.drawn.images()
        self.model = self.drawn.model()
        self.module = self.model.to_torch()
        self.inputs = self.module.preprocess(self.images)

    def test_logits_of_random_models(self):
        """PyTorch computes in float64, so that it adds no rounding of its own."""
        for seed in SEEDS:
            drawn = RandomModel(seed)
            with self.subTest(seed=seed, layers=drawn.layers), torch.no_grad():
                images, model = drawn.images(), drawn.model()
                module = model.to_torch().double()
                inputs = module.preprocess(images)
                wanted = module(inputs).numpy()
                found = np.asarray(model.predict_logits(images))
                self.assertEqual(found.shape, wanted.shape)
                off = np.abs(found - wanted).max() / largest_value(module, inputs)
                self.assertLessEqual(off, TOLERANCE)

    def test_random_models_have_every_layer(self):
        drawn = {layer["type"] for seed in SEEDS for layer in RandomModel(seed).layers}
        self.assertEqual(drawn, set(KINDS))

    def test_state_is_the_models(self):
        state = {name: value for name, value in self.module.state_dict().items() if "num_batches" not in name}
        self.assertEqual(set(state), set(self.drawn.state))
        for name, value in self.drawn.state.items():
            np.testing.assert_array_equal(state[name].numpy(), value, name)

    def test_is_in_evaluation_mode(self):
        self.assertFalse(any(part.training for part in self.module.modules()))

    def test_shares_no_memory_with_the_model(self):
        with torch.no_grad():
            for parameter in self.module.parameters():
                parameter.zero_()
        for name, value in self.drawn.state.items():
            np.testing.assert_array_equal(self.model.state_dict()[name], value, name)

    def test_random_numbers_stay_as_they_were(self):
        before = torch.random.get_rng_state()
        self.model.to_torch()
        self.assertTrue(torch.equal(before, torch.random.get_rng_state()))

    def test_copies_and_pickles(self):
        for copied in copy.deepcopy(self.module), pickle.loads(pickle.dumps(self.module)):
            self.assertTrue(torch.equal(copied(copied.preprocess(self.images)), self.module(self.inputs)))

    def test_traces(self):
        for traced in torch.jit.trace(self.module, self.inputs), torch.fx.symbolic_trace(self.module):
            self.assertTrue(torch.equal(traced(self.inputs[1:]), self.module(self.inputs[1:])))

    @unittest.skipUnless(hasattr(torch, "export"), "this PyTorch has no torch.export")
    def test_exports(self):
        exported = torch.export.export(self.module, (self.inputs,)).module()
        self.assertTrue(torch.equal(exported(self.inputs), self.module(self.inputs)))

    def test_double(self):
        double = copy.deepcopy(self.module).double()
        logits = double(double.preprocess(self.images))
        self.assertEqual(logits.dtype, torch.float64)
        torch.testing.assert_close(logits.float(), self.module(self.inputs), rtol=1e-4, atol=1e-4)

    def test_slice_is_a_plain_sequential(self):
        part = self.module[:1]
        self.assertIs(type(part), nn.Sequential)
        self.assertIs(part[0], self.module[0])

    def test_preprocess_normalises(self):
        for seed in range(10):
            drawn = RandomModel(seed)
            images, dataset = drawn.images(), drawn.recipe["dataset"]
            colours = images if images.ndim == 4 else images[..., None]
            wanted = (colours / 255 - np.array(dataset["mean"])) / np.array(dataset["std"])
            module = drawn.model().to_torch()
            for given in images, torch.tensor(images), images[::-1][::-1]:
                found = module.preprocess(given).numpy()
                np.testing.assert_allclose(found, np.moveaxis(wanted, -1, 1), rtol=1e-5, atol=1e-6)

    def test_preprocess_refuses_other_images(self):
        with self.assertRaisesRegex(TypeError, "must be uint8"):
            self.module.preprocess(self.images / 255)
        with self.assertRaisesRegex(ValueError, "images must be N×"):
            self.module.preprocess(self.images[:, 1:])


@needs_torch
class FromTorch(unittest.TestCase):
    def layers(self, module, input_shape, **options):
        return rung.from_torch(module, input_shape, **options).recipe.to_dict()["model"]["layers"]

    def test_round_trip_of_random_models(self):
        for seed in SEEDS:
            drawn = RandomModel(seed)
            with self.subTest(seed=seed, layers=drawn.layers):
                model = drawn.model()
                again = rung.from_torch(model.to_torch())
                wanted, found = model.recipe.to_dict(), again.recipe.to_dict()
                self.assertEqual(found["model"], wanted["model"])
                self.assertEqual(found["dataset"], wanted["dataset"])
                self.assertEqual(set(again.state_dict()), set(drawn.state))
                for name, value in again.state_dict().items():
                    np.testing.assert_array_equal(value, drawn.state[name], name)

    def test_trained_sequential(self):
        torch.manual_seed(1)
        module = nn.Sequential(
            nn.Sequential(
                OrderedDict(conv=nn.Conv2d(1, 4, 3, padding="same", bias=False), norm=nn.BatchNorm2d(4), act=nn.ReLU())
            ),
            nn.Identity(),
            nn.MaxPool2d(2),
            nn.Dropout2d(0.1),
            nn.Flatten(),
            nn.Linear(4 * 6 * 5, 8),
            nn.BatchNorm1d(8),
            nn.Hardswish(inplace=True),
            nn.Linear(8, 3),
        )
        images = np.random.default_rng(1).integers(0, 256, (32, 12, 10), dtype=np.uint8)
        labels = torch.arange(32) % 3
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            nn.functional.cross_entropy(module(normalised(images)), labels).backward()
            optimizer.step()
        model = rung.from_torch(module, (1, 12, 10), mean=0.1307, std=0.3081)
        self.assertTrue(module.training)
        with torch.no_grad():
            wanted = module.eval()(normalised(images)).numpy()
        np.testing.assert_allclose(model.predict_logits(images), wanted, atol=TOLERANCE * np.abs(wanted).max())
        np.testing.assert_array_equal(model.state_dict()["0.weight"], module[0].conv.weight.detach().numpy())

    def test_one_layer(self):
        model = rung.from_torch(nn.Linear(4, 3), (4, 1, 1), title="One layer")
        self.assertEqual(list(model.state_dict()), ["0.weight", "0.bias"])
        self.assertEqual(model.recipe.to_dict()["title"], "One layer")

    def test_subclass_that_computes_the_same(self):
        class Block(nn.Sequential):
            pass

        self.assertEqual(self.layers(Block(nn.ReLU(), nn.Conv2d(1, 2, 4)), (1, 4, 4))[0], {"type": "relu"})

    def test_same_padding(self):
        for kernel, dilation, padding in ((3, 1, 1), ((5, 1), 1, [2, 0]), (2, 2, 1)):
            conv = nn.Conv2d(1, 2, kernel, padding="same", dilation=dilation)
            found = self.layers(nn.Sequential(conv, nn.AdaptiveAvgPool2d(1)), (1, 6, 6))
            self.assertEqual(found[0]["padding"], padding)
        conv = nn.Conv2d(1, 2, 6, padding="valid")
        self.assertEqual(self.layers(conv, (1, 6, 6))[0]["padding"], 0)

    def test_residuals_keep_their_layers(self):
        """Where identities and other layers move them."""
        layers = [
            {"type": "conv2d", "out_channels": 1, "kernel_size": 1, "bias": False},
            {"type": "relu"},
            {"type": "tanh"},
            {"type": "add", "from": -2},
            {"type": "add", "from": 0},
        ]
        drawn = RandomModel(0)
        drawn.input, drawn.classes, drawn.layers = (1, 1, 1), 1, layers
        drawn.state = {"0.weight": np.full((1, 1, 1, 1), 2, np.float32)}
        module = drawn.model().to_torch()
        module[2] = nn.Identity()
        found = self.layers(nn.Sequential(nn.Sigmoid(), module), (1, 1, 1))
        self.assertEqual([layer["type"] for layer in found], ["sigmoid", "conv2d", "relu", "add", "add"])
        self.assertEqual([layer["from"] for layer in found[3:]], [-1, 1])

    def test_other_floats_become_float32(self):
        linear = nn.Linear(2, 2).double()
        state = rung.from_torch(linear, (2, 1, 1)).state_dict()
        np.testing.assert_array_equal(state["0.weight"], linear.weight.detach().float().numpy())

    def test_shares_no_memory_with_the_module(self):
        linear = nn.Linear(2, 2, bias=False)
        model = rung.from_torch(linear, (2, 1, 1))
        nn.init.zeros_(linear.weight)
        self.assertTrue(model.state_dict()["0.weight"].any())


class Custom(nn.Module if torch else object):
    def forward(self, x):
        return x + 1


def shared():
    conv = nn.Conv2d(1, 1, 1)
    return nn.Sequential(conv, nn.ReLU(), conv)


def replaced(module, **attributes):
    for name, value in attributes.items():
        setattr(module, name, value)
    return module


def residual_to_the_input():
    drawn = RandomModel(0)
    drawn.input, drawn.classes, drawn.state = (1, 1, 1), 1, {"1.weight": np.ones((1, 1, 1, 1), np.float32)}
    drawn.layers = [
        {"type": "relu"},
        {"type": "conv2d", "out_channels": 1, "kernel_size": 1, "bias": False},
        {"type": "add", "from": 0},
    ]
    module = drawn.model().to_torch()
    module[0] = nn.Identity()
    return module


# A module as a function, which needs PyTorch only when it is called; then words of the message.
REFUSALS = {
    "padding_mode": (lambda: nn.Conv2d(1, 1, 3, padding_mode="reflect"), "Conv2d", "padding_mode='reflect'", "zeros"),
    "even same": (lambda: nn.Conv2d(1, 1, 2, padding="same"), "Conv2d", "padding='same'", "odd kernel_size"),
    "affine": (lambda: nn.BatchNorm2d(1, affine=False), "BatchNorm2d", "affine=False"),
    "statistics": (lambda: nn.BatchNorm2d(1, track_running_stats=False), "BatchNorm2d", "track_running_stats=False"),
    "momentum": (lambda: nn.BatchNorm2d(1, momentum=None), "BatchNorm2d", "momentum=None"),
    "max dilation": (lambda: nn.MaxPool2d(2, dilation=2), "MaxPool2d", "dilation=2"),
    "indices": (lambda: nn.MaxPool2d(2, return_indices=True), "MaxPool2d", "return_indices=True"),
    "divisor": (lambda: nn.AvgPool2d(2, divisor_override=3), "AvgPool2d", "divisor_override=3"),
    "output size": (lambda: nn.AdaptiveAvgPool2d((None, 2)), "AdaptiveAvgPool2d", "output_size=(None, 2)"),
    "start": (lambda: nn.Flatten(0), "Flatten", "start_dim=0"),
    "end": (lambda: nn.Flatten(1, 2), "Flatten", "end_dim=2"),
    "out of bounds": (lambda: nn.Dropout(1.0), "Dropout", "model.layers[0].p"),
    "transposed": (lambda: nn.ConvTranspose2d(1, 1, 3), "ConvTranspose2d", "no such layer", "AdaptiveAvgPool2d"),
    "softmax": (lambda: nn.Softmax(1), "Softmax", "logits", "leave this layer out"),
    "log softmax": (lambda: nn.LogSoftmax(1), "LogSoftmax", "logits"),
    "custom": (Custom, "Custom", "forward()", "from_state_dict"),
    "list": (lambda: nn.ModuleList([nn.ReLU()]), "ModuleList", "no such layer"),
    "compiled": (lambda: torch.jit.trace(nn.ReLU(), torch.ones(1)), "it is compiled", "compiled from"),
    "lazy": (lambda: nn.LazyLinear(1), "LazyLinear", "shape is not known yet"),
    "forward": (lambda: replaced(nn.ReLU(), forward=torch.tanh), "ReLU", "not that of its type"),
    "hooks": (lambda: nn.utils.weight_norm(nn.Conv2d(1, 1, 1)), "Conv2d", "hooks", "weight_norm"),
    "parametrized": (lambda: nn.utils.parametrizations.orthogonal(nn.Linear(1, 1)), "Linear", "computed from others"),
    "shared": (shared, "2 (Conv2d)", "weight", "also that of", "deepcopy"),
    "input added": (residual_to_the_input, "2 (Add)", "no layer before it"),
}


@needs_torch
class Refusals(unittest.TestCase):
    def refusal(self, module):
        with self.assertRaises(rung.UnsupportedModule) as caught:
            rung.from_torch(module, (1, 1, 1))
        self.assertIsInstance(caught.exception, rung.UsageError)
        return str(caught.exception)

    def test_each(self):
        for name, (make, *words) in REFUSALS.items():
            with self.subTest(name):
                message = self.refusal(make())
                for word in words:
                    self.assertIn(word, message)

    def test_message_has_the_dotted_path(self):
        module = nn.Sequential(OrderedDict(features=nn.Sequential(nn.ReLU(), nn.Identity(), nn.Softplus())))
        self.assertRegex(self.refusal(module), r"^features\.2 \(Softplus\): ")
        module = nn.Sequential(OrderedDict(features=nn.Sequential(nn.ReLU(), nn.Identity(), nn.Dropout(1.0))))
        self.assertRegex(self.refusal(module), r"^features\.2 \(Dropout\): .*layers\[1\]")

    def test_message_names_the_whole(self):
        self.assertRegex(self.refusal(Custom()), r"^the module \(Custom\): ")

    def test_other_errors(self):
        with self.assertRaisesRegex(TypeError, "torch.nn.Module, not str"):
            rung.from_torch("conv", (1, 1, 1))
        with self.assertRaisesRegex(TypeError, "input_shape is missing"):
            rung.from_torch(nn.ReLU())
        with self.assertRaisesRegex(ValueError, "classes"):
            rung.from_torch(nn.Linear(2, 2), (2, 1, 1), classes=3)


class WithoutTorch(unittest.TestCase):
    def run_python(self, program):
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    def test_import_leaves_torch_out(self):
        result = self.run_python("import sys, rung; sys.exit('torch' in sys.modules)")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_missing_torch_is_named(self):
        result = self.run_python("import sys, rung; sys.modules['torch'] = None; rung.from_torch(None)")
        self.assertIn("ModuleNotFoundError: Model.to_torch and rung.from_torch need PyTorch", result.stderr)


if __name__ == "__main__":
    unittest.main()
