#!/usr/bin/env python3
"""Writes the made seeds of fuzz/corpus: small files that each parser accepts, and a few that it must refuse. Leaves
alone the seeds that a fuzzer found, whose names begin with "found"."""
import gzip
import io
import json
import pathlib
import struct
import tarfile
import zlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def idx(dims, values):
    return struct.pack(f">I{len(dims)}I", 0x800 + len(dims), *dims) + bytes(values)


def write_idx():
    write("idx", "images", idx([2, 2, 3], range(12)))
    write("idx", "labels", idx([4], [3, 0, 2, 1]))
    write("idx", "huge", idx([0xFFFFFFFF, 0xFFFFFFFF, 2], []))
    write("idx", "zero", idx([0], []))


def write_gzip():
    labels = gzip.compress(idx([4], [3, 0, 2, 1]), mtime=0)
    write("gzip", "labels", labels)
    write("gzip", "trailing", labels + b"x")
    write("gzip", "truncated", labels[:-9])
    write("gzip", "members", labels + gzip.compress(b"", mtime=0) + gzip.compress(b"more", mtime=0) + bytes(64))
    write("gzip", "member_cut_off", labels + labels[:-9])
    write("gzip", "bomb", gzip.compress(bytes(100_000), mtime=0))
    named = io.BytesIO()
    with gzip.GzipFile("name", "wb", fileobj=named, mtime=0) as out:
        out.write(b"stored")
    write("gzip", "named", named.getvalue())


def tar(members, form=tarfile.USTAR_FORMAT):
    """An archive of (name, content or the target of a link), without the usual padding to 10,240 bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return out.getvalue()[:archive.offset] + bytes(1024)


def write_tar():
    images, labels = ("package/data/images", b"12345"), ("package/data/labels", b"\x01")
    write("tar", "both", tar([images, labels]))
    write("tar", "pax", tar([images, labels, ("x" * 120, b"")], tarfile.PAX_FORMAT))
    write("tar", "gnu", tar([images, labels, ("x" * 120, b"")], tarfile.GNU_FORMAT))
    write("tar", "twice", tar([images, images, labels]))
    write("tar", "link", tar([("package/data/images", "../../secret"), labels]))
    write("tar", "outside", tar([("../package/data/images", b"1"), ("/package/data/labels", b"2")]))


def png(width, height, kind, depth, rows):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    palette = chunk(b"PLTE", bytes([0, 0, 0, 255, 255, 255])) if kind == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)) +
            palette + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_png():
    write("png", "grey", png(3, 2, 0, 8, b"\0\1\2\3\0\4\5\6"))
    write("png", "rgba", png(1, 1, 6, 8, b"\0\1\2\3\4"))
    write("png", "palette", png(8, 1, 3, 1, b"\0\xaa"))
    write("png", "deep", png(1, 1, 0, 16, b"\0\1\2"))
    write("png", "huge", png(0x7FFFFFFF, 0x7FFFFFFF, 0, 8, b""))


def write_jpeg():
    images = pathlib.Path(__file__).parent.parent / "tests/golden/images"
    for name in "grey", "colour", "progressive", "cmyk", "ycck", "orientation6":
        write("jpeg", name, (images / f"{name}.jpg").read_bytes())


MODEL = """
[model]
layers = [
  { stage = "s", out_channels = 4, repeat = 2 },
  { type = "max_pool2d", kernel_size = [2, 2] },
  { type = "conv2d", out_channels = 10, kernel_size = 12, groups = 2, bias = false },
  { type = "flatten" },
  { type = "linear", out_features = 10 },
]
[model.stages]
s = [{ type = "conv2d", kernel_size = 3 }, { type = "batch_norm2d", eps = 1e-5 }, { type = "relu" }]
[training]
epochs = 2
batch_size = 64
[optimizer]
type = "sgd"
lr = 0.1
"""


EPOCH = {"epoch": 1, "lr": 0.1, "train_loss": 0.5, "train_accuracy": 90.0, "test_loss": 0.25, "test_accuracy": 95.5,
         "train_seconds": 1.5, "test_seconds": 0.125, "weights_sha256": "0123456789abcdef" * 4}


def write_metrics():
    first, second = json.dumps(EPOCH), json.dumps(EPOCH | {"epoch": 2})
    write("metrics", "two", f"{first}\n{second}\n")
    write("metrics", "validated", json.dumps(
        EPOCH | {"validation_loss": 0.5, "validation_accuracy": 97.5, "validation_seconds": 0.25}) + "\n")
    write("metrics", "twice", f"{first}\n{first}\n")
    write("metrics", "cut", f"{first}\n{second[:50]}")
    write("metrics", "huge", json.dumps(EPOCH | {"lr": 1e308, "epoch": 2**63}) + "\n")


def write_result():
    result = {"format": "rung-result", "version": 1, "recipe": "step1", "title": "t", "seed": 2**64 - 1, "params": 13590,
              "train_images": 60000, "test_images": 10000, "train_accuracy_evaluated": 99.5, "weights_sha256": "f" * 64,
              "machine": {"cpu": "c", "simd": "AVX2", "threads": 2}, "epochs": [EPOCH, EPOCH | {"epoch": 2}]}
    write("result", "two", json.dumps(result))
    validation = {"validation_loss": 0.25, "validation_accuracy": 95.5, "validation_seconds": 0.125}
    write("result", "validation", json.dumps(result | {"validation_images": 100, "epochs": [EPOCH | validation]}))
    write("result", "none", json.dumps(result | {"epochs": []}))
    write("result", "later", json.dumps(result | {"version": 2}))
    write("result", "escape", json.dumps(result | {"title": "\u001b[2J</script>\u0000"}))
    write("result", "cut", json.dumps(result)[:-30])


def write_progress():
    place = {"format": "rung-progress", "version": 1, "epoch": 2, "epochs": 3, "batch": 5, "batches": 9, "images": 640,
             "correct": 600, "loss": 0.25, "seconds": 1.5}
    write("progress", "place", json.dumps(place))
    write("progress", "late", json.dumps(place | {"epoch": 4}))
    write("progress", "huge", json.dumps(place | {"images": 2**64 - 1, "epochs": 2**40, "loss": 1e308}))
    write("progress", "deep", "[" * 400)


def write_ladder():
    def ladder(steps):
        return json.dumps({"format": "rung-ladder", "version": 1, "steps": steps})

    write("ladder", "one", ladder(['name = "a"\ntitle = "t"' + MODEL]))
    write("ladder", "twice", ladder(['name = "a"\ntitle = "t"' + MODEL] * 2))
    write("ladder", "none", ladder([]))
    write("ladder", "number", ladder([7]))


def write_plan():
    def plan(recipes, settings, seeds):
        return json.dumps({"format": "rung-sweep-plan", "version": 1, "recipes": recipes, "settings": settings, "seeds": seeds})

    write("plan", "one", plan(["step5"], 1, [0]))
    write("plan", "grid", plan(["step5-lr=0.1", "step5-lr=0.2"], 2, list(range(20))))
    write("plan", "none", plan([], 1, []))
    write("plan", "elsewhere", plan(["../step5"], 1, [2**64 - 1]))


def npy(header, data=b"", version=1):
    text = header.encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + data


def npy_dict(descr, shape, fortran=False):
    return f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}" + " " * 20 + "\n"


def write_npy():
    for descr, size in (("|u1", 1), ("|b1", 1), (">i2", 2), ("<u4", 4), ("<f2", 2), (">f4", 4), ("<f8", 8), ("<i8", 8)):
        write("npy", "type" + descr[1:], npy(npy_dict(descr, "(2, 3)"), bytes(range(6 * size))))
    write("npy", "fortran", npy(npy_dict("<f4", "(1, 2, 2)", True), bytes(16), version=2))
    write("npy", "labels", npy(npy_dict("<i8", "(2,)"), bytes(16), version=3))
    write("npy", "scalar", npy(npy_dict("<i8", "()"), bytes(8)))
    write("npy", "python2", npy('{"shape": (2L, 3L), "fortran_order": True, "descr": ">f8"}', bytes(48)))
    for order in "<", ">":
        text = "catäöü蜂\U0001F41D".encode("utf-32-le" if order == "<" else "utf-32-be")
        write("npy", f"text{ord(order)}", npy(npy_dict(order + "U4", "(2,)"), text))
    write("npy", "text_bytes", npy(npy_dict("|S3", "(3, 1)"), b"catab\0\xff\xfe\0"))
    write("npy", "text_none", npy(npy_dict("<U2", "(2,)"), struct.pack("<4I", 0xD800, 0x110000, 0xFFFFFFFF, 0)))
    write("npy", "objects", npy(npy_dict("|O", "(2,)"), b"\x80\x04K\x01."))
    write("npy", "structured", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }"))
    write("npy", "huge", npy(npy_dict("<f8", "(99999999999, 99999999999)")))
    write("npy", "idx_int", struct.pack(">IIII", 0xC02, 2, 2, 1) + bytes(12))


def write_csv():
    write("csv", "kaggle", "label,pixel0,pixel1,pixel2,pixel3\n3,0,1,254,255\r\n0,4,5,6,7\n")
    write("csv", "plain", "7,0,1,2,3\n\n1,4,5,6,7")
    write("csv", "text_last", 'p1;p2;p3;p4;character\n1;2;3;4;"ka; ""1"""\n5.0; 6;"7";8;kha\n')
    write("csv", "tabs", "label\ta\n1\t2\n")
    write("csv", "too_large", "label,a\n1,256\n")
    write("csv", "too_short", "label,a,b,c,d\n1,2,3\n")
    write("csv", "quote", 'label,a\n"1,2\n')


def write_libsvm():
    write("libsvm", "sparse", "3 1:0.5 4:1\n# nothing\n+7 2:0.25 3:1e-3 # a seven\r\n\n0\n")
    write("libsvm", "bytes", "1 1:0 2:128 3:255 4:7\n2 1:9")
    write("libsvm", "below_zero", "1 1:-1 2:1\n")
    write("libsvm", "descending", "1 2:1 1:1\n")
    write("libsvm", "from_zero", "1 0:1\n")
    write("libsvm", "no_colon", "1 2\n")
    write("libsvm", "fraction", "1.5 1:1\n")


def write_description():
    sums = "\n[sha256]\ntrain-images-idx3-ubyte = \"" + "0a" * 32 + "\"\n"
    write("description", "whole", 'name = "mine"\nclasses = ["a", "b \\"c\\""]\nheight = 28\nwidth = 28\nchannels = 1\n'
          'mean = 0.1307\nstd = 0.3081\nsources = ["x"]\nsteps = ["One.", "Two."]\n' + sums)
    write("description", "classes", 'classes = ["a", "b"]')
    write("description", "twice", 'classes = ["a", "a"]')
    write("description", "cut", 'classes = ["a", "b')
    write("description", "dots", "a" + ".a" * 100 + " = 1")


def write_recipe():
    write("recipe", "small", 'title = "t"' + MODEL)
    write("recipe", "whole", '''name = "n"
title = "caf\\u00e9"
description = """a
b"""
seed = 7
[[targets]]
metric = "params"
below = 1_000
[[targets]]
metric = "best_test_accuracy"
above = "previous"
text = 'x'
[reference]
source = "s"
best_train_accuracy = 99
best_test_accuracy = 98.5
final_test_accuracy = 98.0
mean_last3_test_accuracy = 97
[dataset]
name = "mnist"
mean = 0.1
[[augment]]
type = "color_jitter"
brightness = 0.1
[[augment]]
type = "random_rotation"
degrees = 5
fill = 1
''' + MODEL + '''momentum = 0.9
nesterov = true
weight_decay = 1e-4
[lr_scheduler]
type = "step_lr"
step_size = 6
''')
    write("recipe", "toolbox", 'title = "t"\n[dataset]\nvalidation = 9\n' + """
[[targets]]
metric = "test_accuracy_at_best_validation"
above = 1
[[augment]]
type = "random_affine"
degrees = 5
translate = [0.1, 0.2]
scale = [0.9, 1.1]
shear = [-1, 1, 0, 2.5]
interpolation = "bilinear"
[[augment]]
type = "random_perspective"
distortion_scale = 0.25
p = 0.75
interpolation = "nearest"
fill = 3
[[augment]]
type = "gaussian_blur"
kernel_size = [5, 3]
sigma = [0.5, 1]
[[augment]]
type = "elastic_transform"
alpha = 30
sigma = 4
[[augment]]
type = "random_crop"
padding = 2
[[augment]]
type = "random_horizontal_flip"
[[augment]]
type = "random_vertical_flip"
p = 0.25
[[augment]]
type = "random_erasing"
p = 0.25
scale = [0.1, 0.2]
ratio = [0.5, 2]
value = -0.5
[lr_scheduler]
type = "one_cycle_lr"
max_lr = 0.1
pct_start = 0.2
anneal_strategy = "linear"
three_phase = true
[mixup]
alpha = 0.2
[distill]
teacher = ["runs/a", "b"]
weights_sha256 = ["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
temperature = 2
weight = 0.3
[lr_warmup]
start_factor = 0.1
total_iters = 100
[ema]
decay = 0.99
use_buffers = true
""" + MODEL.replace("lr = 0.1\n", "nesterov = true\n").replace("epochs = 2", "epochs = 2\nprecision = 'bf16'\nlabel_smoothing = 0.1"))
    for name, optimizer, schedule in [
        ("adam", 'type = "adamw"\nbetas = [0.8, 0.9]\neps = 1e-7\n', 'multi_step_lr"\nmilestones = [1, 2]\ngamma = 0.5'),
        ("cyclic", 'type = "adam"\n', 'cyclic_lr"\nbase_lr = 0.1\nmax_lr = 1\nmode = "exp_range"\ngamma = 0.9'),
        ("cosine", 'type = "sgd"\n', 'cosine_annealing_lr"\nt_max = 3\neta_min = 1e-4'),
        ("exponential", 'type = "sgd"\n', 'exponential_lr"\ngamma = 0.5'),
    ]:
        write("recipe", name, 'title = "t"' + MODEL.replace('type = "sgd"\nlr = 0.1\n', optimizer) +
              '[lr_scheduler]\ntype = "' + schedule + "\n")
    golden = pathlib.Path(__file__).parent.parent / "tests/golden"
    residual = (golden / "residual.toml").read_text()
    write("recipe", "residual", residual)
    write("recipe", "dilation", (golden / "dilation.toml").read_text())
    write("recipe", "add", residual.replace("from = 3", "from = -9").replace("from = -3", "from = 16"))
    write("recipe", "escapes", 'title = "\\u001b[2J\\u009b"\n')
    write("recipe", "brackets", "a = " + "[" * 300)
    write("recipe", "dots", "a" + ".a" * 100 + " = 1")
    write("recipe", "dates", "a = 1979-05-27T07:32:00Z\nb = 0xff\nc = -inf\nd = '''x'''\n")


def safetensors(header, data=b"", size=None):
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def write_safetensors():
    write("safetensors", "two", safetensors({
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
        "b": {"dtype": "U8", "shape": [3], "data_offsets": [8, 11]},
    }, bytes(range(11))))
    write("safetensors", "empty", safetensors({}))
    write("safetensors", "huge-header", safetensors("{}", size=2**64 - 1))
    write("safetensors", "overlap", safetensors({
        "a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
        "b": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]},
    }, b"abc"))
    write("safetensors", "overflow", safetensors({
        "a": {"dtype": "F32", "shape": [2**32, 2**32, 4], "data_offsets": [0, 0]},
    }))
    write("safetensors", "deep", safetensors("[" * 400))
    for name in "line\nbreak\x1b[2J", "n" * 3000:
        write("safetensors", f"name-{len(name)}", safetensors({name: {"dtype": "F64", "shape": [], "data_offsets": []}}))


def write_kernels():
    """Bytes that fuzz/kernels.cc draws from: which kernel, then its shape."""
    for kernel in range(11):  # as many as kChecks has
        write("kernels", f"small-{kernel}", bytes([kernel] + [1] * 24))
        write("kernels", f"large-{kernel}", bytes([kernel] + [3, 7, 5, 9, 2, 2, 0, 1, 1, 1, 0, 1] * 2))


if __name__ == "__main__":
    write_idx()
    write_gzip()
    write_tar()
    write_png()
    write_jpeg()
    write_npy()
    write_csv()
    write_libsvm()
    write_description()
    write_recipe()
    write_safetensors()
    write_metrics()
    write_result()
    write_progress()
    write_ladder()
    write_plan()
    write_kernels()
