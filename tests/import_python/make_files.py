"""Writes the same images as the libraries at hand lay them out, MATLAB's and HDF5's files and Parquet, into the current
folder, and as IDX files into expected/: make_files.py LIBRARY..."""
import json
import pathlib
import struct
import sys
import zlib

import numpy as np

HEIGHT, WIDTH, TRAIN, TEST = 6, 5, 20, 8
random = np.random.default_rng(1)
images = random.integers(0, 256, (TRAIN + TEST, HEIGHT, WIDTH), dtype=np.uint8)
labels = random.permutation(np.arange(TRAIN + TEST) % 4).astype(np.uint8)
names = ["zebra", "ant", "cat", "bee"]  # in the order of the labels, which is not that of the alphabet
parts = {"train": (images[:TRAIN], labels[:TRAIN]), "test": (images[TRAIN:], labels[TRAIN:])}


def write_idx(folder, name, array):
    folder.mkdir(parents=True, exist_ok=True)
    header = np.array([0x800 + array.ndim, *array.shape], ">u4")
    (folder / name).write_bytes(header.tobytes() + array.tobytes())


for folder, numbers in ("numbers", np.arange(4)), ("names", np.argsort(np.argsort(names))):
    for part, (x, y) in parts.items():
        prefix = "train" if part == "train" else "t10k"
        write_idx(pathlib.Path("expected") / folder, f"{prefix}-images-idx3-ubyte", x)
        write_idx(pathlib.Path("expected") / folder, f"{prefix}-labels-idx1-ubyte", numbers[y].astype(np.uint8))


def write_mat():
    import scipy.io

    for part, (x, y) in parts.items():
        svhn = {"X": np.moveaxis(x, 0, -1)[:, :, None, :], "y": np.where(y == 0, 10, y).reshape(-1, 1)}
        pathlib.Path("svhn").mkdir(exist_ok=True)
        scipy.io.savemat(f"svhn/{part}_6x5.mat", svhn, do_compression=part == "test")
        # Colours, of which each is the grey.
        pathlib.Path("colour").mkdir(exist_ok=True)
        svhn["X"] = np.repeat(svhn["X"], 3, axis=2)
        scipy.io.savemat(f"colour/{part}_6x5.mat", svhn)
    rows = {part: {"images": x.reshape(len(x), -1), "labels": y.reshape(1, -1)} for part, (x, y) in parts.items()}
    scipy.io.savemat("rows.mat", {"set": rows, "mapping": np.arange(6).reshape(2, 3)})
    transposed = {part: {"images": x.transpose(0, 2, 1).reshape(len(x), -1), "labels": y.reshape(-1, 1), "writers": y}
                  for part, (x, y) in parts.items()}
    scipy.io.savemat("emnist-few.mat", {"dataset": transposed})
    texts = {f"{kind}_{part}": value for part, (x, y) in parts.items()
             for kind, value in (("x", x), ("y", np.array([names[label] for label in y], object)))}
    scipy.io.savemat("cells.mat", texts)
    scipy.io.savemat("none.mat", {"f": np.array([{}], object)})
    whole = pathlib.Path("rows.mat").read_bytes()
    pathlib.Path("cut.mat").write_bytes(whole[: len(whole) // 2])


def write_hdf5():
    import h5py

    with h5py.File("groups.h5", "w") as file:
        for part, (x, y) in parts.items():
            chunks = (7, 3, 2) if part == "train" else None
            file.create_dataset(f"{part}/images", data=(x / 255).astype(np.float32), chunks=chunks,
                                compression="gzip" if chunks else None)
            file.create_dataset(f"{part}/labels", data=y)
    with h5py.File("names.hdf5", "w") as file:
        for part, (x, y) in parts.items():
            file[f"x_{part}"] = x
            texts = [names[label] for label in y]
            file[f"y_{part}"] = texts if part == "train" else np.array(texts, "S").reshape(-1, 1, 1)
        file["references"] = np.array([file["x_train"].ref], h5py.ref_dtype)
    with h5py.File("v73.mat", "w", userblock_size=512) as file:
        for part, (x, y) in parts.items():
            file.create_dataset(f"x_{part}", data=np.moveaxis(x, 0, -1).T, chunks=(3, WIDTH, HEIGHT))
            file.create_dataset(f"y_{part}", data=y.reshape(-1, 1).T)
    with h5py.File("links.h5", "w") as file:
        file["x"] = h5py.ExternalLink("groups.h5", "/train/images")
        file["y"] = labels[:TRAIN]
    with h5py.File("outside.h5", "w") as file:
        file.create_dataset("x", (TRAIN, HEIGHT, WIDTH), "u1", external=[("groups.h5", 0, h5py.h5f.UNLIMITED)])
        file["y"] = labels[:TRAIN]
    with h5py.File("huge.h5", "w") as file:
        file.create_dataset("x", (2**40, HEIGHT, WIDTH), "u1", chunks=(1, HEIGHT, WIDTH))
        file["y"] = labels[:TRAIN]
    pathlib.Path("cut.h5").write_bytes(pathlib.Path("groups.h5").read_bytes()[:3000])


def png(image):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    raw = b"".join(b"\0" + row.tobytes() for row in image)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def write_parquet():
    import pyarrow as pa
    import pyarrow.parquet as pq

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

    def write(path, columns, features=None):
        table = pa.table(columns)
        if features is not None:
            text = json.dumps({"info": {"features": features}})
            table = table.replace_schema_metadata({b"huggingface": text.encode()})
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, row_group_size=7)

    def pictures(x):
        return pa.array([{"bytes": png(image), "path": f"{i}.png"} for i, image in enumerate(x)], picture)

    features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": names}}
    for part, (x, y) in parts.items():
        half = len(x) // 2
        for i, some in enumerate((slice(0, half), slice(half, None))):
            write(f"hf/data/{part}-0000{i}-of-00002.parquet", {"image": pictures(x[some]), "label": y[some].astype(np.int64)},
                  features)
        fine = {"img": {"_type": "Image"}, "fine_label": {"_type": "ClassLabel", "names": names},
                "coarse_label": {"_type": "ClassLabel", "names": ["a", "b"]}}
        write(f"fine/{part}/0000.parquet", {"coarse_label": (y % 2).astype(np.int64), "img": pictures(x),
                                            "fine_label": y.astype(np.int64)}, fine)
        texts = pa.array([names[label] for label in y])
        write(f"texts/{part}.parquet", {"id": pa.array(range(len(x))), "png": pa.array([png(one) for one in x], pa.large_binary()),
                                        "class": texts.dictionary_encode() if part == "test" else texts})
    x, y = parts["train"]
    write("plain/validation.parquet", {"image": pictures(parts["test"][0]), "label": parts["test"][1]})
    write("plain/train.parquet", {"image": pictures(x), "label": y})
    write("columns.parquet", {"a": y, "b": texts[:1].take(pa.array([0] * TRAIN))})
    holes = pictures(x).to_pylist()
    holes[9]["bytes"] = None
    write("holes.parquet", {"image": pa.array(holes, picture), "label": y})
    hidden = y.astype(np.int64)
    hidden[11] = -1
    write("hidden.parquet", {"image": pictures(x), "label": hidden}, features)
    broken = pictures(x).to_pylist()
    broken[13]["bytes"] = b"GIF89a"
    write("broken.parquet", {"image": pa.array(broken, picture), "label": y})
    pathlib.Path("cut.parquet").write_bytes(pathlib.Path("plain/train.parquet").read_bytes()[:-9])


for library in sys.argv[1:]:
    {"scipy": write_mat, "h5py": write_hdf5, "pyarrow": write_parquet}[library]()
