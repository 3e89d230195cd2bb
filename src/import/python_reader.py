"""Hands over what Python's libraries read, for `rung data import`: python_reader.py OUT IMAGES LABELS FILE...

Arrays become .npy files in the folder OUT; the pictures of a table become one file, in which they follow one another.
OUT/manifest.json lists them, or OUT/error.json says what is wrong. IMAGES and LABELS name an array or a column, or are
empty. Nothing is unpickled, no other file is followed, and what a file claims is checked before it takes memory or disk.
For Python 3.8 or newer.
"""
import errno
import json
import os
import sys

MOST_ARRAY_BYTES = 32 << 30  # as many doubles as Rung takes pixels
MOST_PICTURE_BYTES = 64 << 20
PIECE_BYTES = 64 << 20  # of an HDF5 array, held at once
MOST_PIECE_BYTES = 256 << 20  # likewise, where its chunks are large
BATCH_ROWS = 256  # of a table, likewise
MOST_CLASSES = 10_000
MOST_ARRAYS = 10_000
HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"


class Failure(Exception):
    """Of a kind: "data" (the file), "usage" (the options) or "io" (the machine)."""

    def __init__(self, kind, message, hint=""):
        super().__init__(message)
        self.kind, self.hint = kind, hint


def need(module, install=""):
    """The module, or a failure that says how to install it."""
    try:
        __import__(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise Failure("io", f"it is read with Python's {package}, which {sys.executable} cannot load: {one_line(error)}",
                      f"{install}{sys.executable} -m pip install {package}, or name another Python with RUNG_PYTHON")
    return sys.modules[module]


def need_numpy():
    return need("numpy")


def one_line(error):
    return " ".join(str(error).split())[:300] or type(error).__name__


def clean(text):
    """Without what UTF-8 cannot hold, such as odd bytes in a path."""
    return text.encode("utf-8", "replace").decode()


class Output:
    def __init__(self, folder):
        self.folder = folder
        self.entries = []  # {file, array, data} or {file, pictures, lengths, labels}
        self.kind = None  # of the labels: what was written for the first table
        self.names = None  # of the labels 0, 1, ..., as a file gives them in their order
        self.texts = {}  # labels that are text, and the number that each got
        self.written = 0

    def new_file(self):
        """A name, and where it lies."""
        self.written += 1
        return str(self.written), os.path.join(self.folder, str(self.written))

    def new_npy(self):
        name, path = self.new_file()
        return name + ".npy", path + ".npy"

    def add_array(self, file, name, data):
        self.entries.append({"file": file, "array": clean(name), "data": data})
        if len(self.entries) > MOST_ARRAYS:
            raise Failure("data", f"more than {MOST_ARRAYS} arrays")

    def save(self, array):
        name, path = self.new_npy()
        sys.modules["numpy"].save(path, array, allow_pickle=False)
        return name

    def finish(self):
        with open(os.path.join(self.folder, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump({"entries": self.entries, "names": self.names, "texts": list(map(clean, self.texts))}, file)


# Arrays, by name.


def is_wanted(name, images, labels):
    return not (images or labels) or any(one == name or one.endswith("/" + name) for one in (images, labels))


def is_plain(dtype):
    """Bool, integers, floats, text."""
    return dtype.kind in "biufSU" and dtype.itemsize > 0


def require_size(name, shape, item_bytes):
    for extent in shape:
        item_bytes *= extent
    if item_bytes > MOST_ARRAY_BYTES:
        raise Failure("data", f"{name}: an array of shape {tuple(shape)} is too large")


def text_array(name, texts):
    require_size(name, [len(texts)], 4 * max(map(len, texts)))
    return sys.modules["numpy"].array(texts)


# MATLAB stores vectors as [1,N] or [N,1], and what is a list of images as [H,W,N] or [H,W,C,N].


def is_vector(shape):
    return sum(extent != 1 for extent in shape) == 1


def vector_lengths(shapes):
    return {max(shape) for shape in shapes if is_vector(shape)}


def counts_last(shape, lengths):
    """Whether the last index counts the images: there are as many labels, or only this makes sense."""
    if shape[-1] in lengths or shape[0] in lengths:
        return shape[0] not in lengths
    return len(shape) == 4 and shape[2] in (1, 3) and shape[3] not in (1, 3)


def as_list(array, lengths):
    if is_vector(array.shape):
        return array.reshape(-1)
    return sys.modules["numpy"].moveaxis(array, -1, 0) if counts_last(array.shape, lengths) else array


# .mat up to version 7: SciPy holds a variable in memory.


def cell_texts(cells):
    """The texts of a cell array of texts; None for another."""
    texts = []
    for cell in cells.reshape(-1, order="F"):
        if getattr(cell, "dtype", None) is None or cell.dtype.kind != "U" or cell.size > 1:
            return None
        texts.append("".join(cell.reshape(-1).tolist()))
    return texts


def arrays_in(name, value):
    """The arrays of a variable; those in a structure are called VARIABLE.FIELD."""
    if getattr(value, "dtype", None) is None or getattr(value, "size", 0) == 0 or not hasattr(value, "reshape"):
        return
    if value.dtype.names is not None:
        for field in value.dtype.names if value.size == 1 else ():
            yield from arrays_in(f"{name}.{field}", value.reshape(-1)[0][field])
    elif value.dtype.kind == "O":
        texts = cell_texts(value)
        if texts is not None:
            yield name, text_array(name, texts)
    elif is_plain(value.dtype):
        yield name, sys.modules["numpy"].char.rstrip(value) if value.dtype.kind == "U" else value


def read_mat(path, file, out, images, labels):
    need_numpy()
    scipy = need("scipy.io", "apt-get install python3-scipy, ")
    variables = scipy.whosmat(path)
    lengths = vector_lengths(shape for _, shape, _ in variables)
    for variable, shape, kind in variables:
        require_size(variable, shape, 8)
        if kind not in ("struct", "cell") and not is_wanted(variable, images, labels):
            continue
        found = list(arrays_in(variable, scipy.loadmat(path, variable_names=[variable]).get(variable)))
        lengths |= vector_lengths(array.shape for _, array in found)
        for name, array in found:
            if is_wanted(name, images, labels):
                out.add_array(file, name, out.save(as_list(array, lengths)))


# HDF5, which .mat is from version 7.3 on: piece by piece.


def datasets_of(h5py, file):
    found = []

    def take(name, item):
        if not isinstance(item, h5py.Dataset) or not item.shape or item.size == 0 or name.startswith("#refs#/"):
            return
        if item.attrs.get("MATLAB_class") in (b"cell", b"struct", b"char", b"function_handle"):
            return
        if is_plain(item.dtype) or h5py.check_string_dtype(item.dtype) is not None:
            found.append((name, item))

    file.visititems(take)  # (follows hard links only)
    return found


def copy_pieces(item, view):
    """view[:] = item[:], a few rows at once, and whole chunks if they are not too large."""
    row_bytes = max(1, item.size // item.shape[0] * item.dtype.itemsize)
    rows = max(1, PIECE_BYTES // row_bytes)
    if item.chunks:
        rows = max(rows, min(item.chunks[0], MOST_PIECE_BYTES // row_bytes))
        rows -= rows % item.chunks[0] if rows > item.chunks[0] else 0
    for first in range(0, item.shape[0], rows):
        view[first : first + rows] = item[first : first + rows]


def copy_numbers(item, path, is_matlab, lengths):
    np = sys.modules["numpy"]
    shape = item.shape[::-1] if is_matlab else item.shape  # (MATLAB's first index varies fastest)
    is_list = is_matlab and is_vector(shape)
    moves = is_matlab and not is_list and counts_last(shape, lengths)
    saved_shape = (max(shape),) if is_list else (shape[-1], *shape[:-1]) if moves else shape
    saved = np.lib.format.open_memmap(path, "w+", item.dtype, saved_shape)
    as_stored = saved.reshape(shape) if is_list else np.moveaxis(saved, 0, -1) if moves else saved
    copy_pieces(item, as_stored.T if is_matlab else as_stored)
    saved.flush()


def read_hdf5(path, file, out, images, labels):
    np = need_numpy()
    h5py = need("h5py", "apt-get install python3-h5py, ")
    with h5py.File(path, "r") as source:
        found = datasets_of(h5py, source)
        lengths = vector_lengths(item.shape for _, item in found)
        for name, item in found:
            if not is_wanted(name, images, labels):
                continue
            if item.external or item.is_virtual:
                raise Failure("data", f"{name}: its values are in another file, which is not followed")
            require_size(name, item.shape, max(8, item.dtype.itemsize))
            if item.dtype.kind == "O":
                data = out.save(text_array(name, item.asstr()[...].reshape(-1).tolist()))
            elif item.dtype.kind == "S":
                data = out.save(item[...].astype(item.dtype.str))  # (without h5py's metadata)
            else:
                data, data_path = out.new_npy()
                copy_numbers(item, data_path, path.endswith(".mat"), lengths)
            out.add_array(file, name, data)


# Parquet, as Hugging Face lays out datasets of images.


def features_of(schema):
    """What the metadata say of the columns: {"label": {"_type": "ClassLabel", "names": [...]}}."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: one for name, one in features.items() if isinstance(one, dict)}
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def is_binary(types, kind):
    return types.is_binary(kind) or types.is_large_binary(kind)


def is_text(types, kind):
    return types.is_string(kind) or types.is_large_string(kind)


def holds_pictures(types, kind):
    return is_binary(types, kind) or (
        types.is_struct(kind) and any(one.name == "bytes" and is_binary(types, one.type) for one in kind))


def value_type(types, kind):
    return kind.value_type if types.is_dictionary(kind) else kind


def holds_labels(types, kind):
    kind = value_type(types, kind)
    return types.is_integer(kind) or types.is_boolean(kind) or is_text(types, kind)


def choose(schema, wanted, option, what, fits, likely):
    """The column that was asked for, or the one that can only be meant."""
    names = schema.names
    listed = "there are " + ", ".join(f"{field.name} ({str(field.type)[:60]})" for field in schema)[:500]
    if wanted:
        if names.count(wanted) != 1:
            raise Failure("usage", f"there is no one column {wanted}", listed)
        if not fits(schema.field(wanted).type):
            raise Failure("usage", f"the column {wanted} of type {str(schema.field(wanted).type)[:60]} has no {what}",
                          listed)
        return wanted
    able = [field.name for field in schema if fits(field.type)]
    for some in ([name for name in able if likely(name)], able):
        if len(some) == 1 and names.count(some[0]) == 1:
            return some[0]
        if some:
            raise Failure("usage", f"more than one column may have the {what}: {', '.join(some)[:300]}",
                          f"say which with {option} NAME")
    raise Failure("data", f"no column has {what}", listed)


def label_likelihood(features):
    """By the metadata, or else by the name."""
    declared = {name for name, one in features.items() if one.get("_type") == "ClassLabel"}
    usual = ("label", "labels", "class", "target", "targets", "category", "y")
    return (lambda name: name in declared) if declared else (lambda name: name.lower() in usual)


def class_names(features, column):
    names = features.get(column, {}).get("names")
    if not isinstance(names, list) or not 0 < len(names) <= MOST_CLASSES:
        return None
    return [clean(str(name)) for name in names]


def label_numbers(pa, array, first_row, out):
    """A number for each label of a batch."""
    if array.null_count:
        raise Failure("data", f"row {first_row + array.is_null().to_pylist().index(True)}: there is no label")
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    labels = array.to_pylist()
    if not is_text(pa.types, array.type):
        numbers = [int(label) for label in labels]
        for row, number in enumerate(numbers):
            if out.names is not None and not 0 <= number < len(out.names):
                raise Failure("data", f"row {first_row + row}: the label {number}, but the file names "
                                      f"{len(out.names)} classes",
                              "-1 often means that the labels are not published: leave this file out")
        return numbers
    for label in labels:
        out.texts.setdefault(label, len(out.texts))
    if len(out.texts) > MOST_CLASSES:
        raise Failure("data", f"more than {MOST_CLASSES} different labels", "say which column has them with --labels")
    return [out.texts[label] for label in labels]


def write_pictures(pa, array, first_row, file):
    """Their lengths in bytes."""
    paths = None
    if pa.types.is_struct(array.type):
        array, paths = array.field("bytes"), array.type.get_field_index("path") >= 0 and array.field("path")
    lengths = []
    for row, picture in enumerate(array):
        if not picture.is_valid or len(picture.as_buffer()) == 0:
            elsewhere = f", only the path {paths[row].as_py()}" if paths and paths[row].is_valid else ""
            raise Failure("data", f"row {first_row + row}: there is no picture{elsewhere}")
        if len(picture.as_buffer()) > MOST_PICTURE_BYTES:
            raise Failure("data", f"row {first_row + row}: a picture of more than {MOST_PICTURE_BYTES} bytes")
        file.write(picture.as_buffer())
        lengths.append(len(picture.as_buffer()))
    return lengths


def read_parquet(path, number, out, images, labels):
    pq = need("pyarrow.parquet")
    np = need_numpy()
    pa = sys.modules["pyarrow"]
    table = pq.ParquetFile(path)
    schema = table.schema_arrow
    features = features_of(schema)
    image_column = choose(schema, images, "--images", "pictures", lambda kind: holds_pictures(pa.types, kind),
                          lambda name: features.get(name, {}).get("_type") == "Image")
    label_column = choose(schema, labels, "--labels", "labels", lambda kind: holds_labels(pa.types, kind),
                          label_likelihood(features))
    out.names = class_names(features, label_column)
    kind = is_text(pa.types, value_type(pa.types, schema.field(label_column).type)), out.names
    if out.kind not in (None, kind):
        raise Failure("data", "its labels are of another kind, or of other classes, than those of the file before")
    out.kind = kind
    lengths, numbers = [], []
    pictures, picture_path = out.new_file()
    with open(picture_path, "wb") as file:
        for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=[image_column, label_column]):
            numbers += label_numbers(pa, batch.column(batch.schema.names.index(label_column)), len(numbers), out)
            lengths += write_pictures(pa, batch.column(batch.schema.names.index(image_column)), len(lengths), file)
    if not lengths:
        raise Failure("data", "the table has no rows")
    out.entries.append({"file": number, "pictures": pictures, "lengths": out.save(np.array(lengths, np.int64)),
                        "labels": out.save(np.array(numbers, np.int64))})


def reader_of(path):
    if path.endswith(".parquet"):
        return read_parquet, "pyarrow"
    with open(path, "rb") as file:
        begin = file.read(1024)
    is_hdf5 = not path.endswith(".mat") or HDF5_MAGIC in (begin[:8], begin[512:520])
    return (read_hdf5, "h5py") if is_hdf5 else (read_mat, "scipy")


def read(path, number, out, images, labels):
    reader, library = reader_of(path)
    before = len(out.entries)
    try:
        reader(path, number, out, images, labels)
    except (Failure, KeyboardInterrupt):
        raise
    except MemoryError:
        raise Failure("io", "there is not enough memory to read it")
    except Exception as error:  # whatever a library throws at a damaged file
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise Failure("space", "no space is left for what it holds")
        raise Failure("data", f"{library} cannot read it: {one_line(error)}")
    if len(out.entries) == before and not (images or labels):
        raise Failure("data", "it holds no arrays of numbers")


def main(folder, images, labels, paths):
    out = Output(folder)
    for number, path in enumerate(paths):
        try:
            read(path, number, out, images, labels)
        except Failure as failure:
            with open(os.path.join(folder, "error.json"), "w", encoding="utf-8") as file:
                json.dump({"file": number, "kind": failure.kind, "message": clean(str(failure)),
                           "hint": clean(failure.hint)}, file)
            return 1
    out.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
