"""All logits of the C code of a trained model are those of Rung's integer engine: compare_c.py FOLDER."""
import array
import ctypes
import pathlib
import sys

CLASSES, PIXELS = 10, 28 * 28
folder = pathlib.Path(sys.argv[1])
code = ctypes.CDLL(str(folder / "net.so"))
code.net_logits.restype = ctypes.POINTER(ctypes.c_int32 * CLASSES)
images = (folder / "trained.images").read_bytes()
expected = array.array("i", (folder / "trained.integers").read_bytes())
found = array.array("i")
for first in range(0, len(images), PIXELS):
    code.net_predict(images[first : first + PIXELS])
    found.extend(code.net_logits().contents)
print(f"C code: all {len(images) // PIXELS} images have the engine's logits" if found == expected else "C code: others")
sys.exit(found != expected)
