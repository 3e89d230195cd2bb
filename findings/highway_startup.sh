#!/usr/bin/env bash
# A program that links Highway's shared library measures a timer before it starts.
#
# Package: libhwy1 1.0.3-3+deb12u1 (Debian 12), beside its own dependencies
# Expected: a library for SIMD, of 40 KB and with a handful of functions that choose the instruction set, is loaded in
#   well under a millisecond, as others of its size are.
# Seen: 4 to 8 ms of computing on an EPYC, in every process that loads it: a
#   static initialiser of its benchmark helper finds out the resolution of the time stamp counter, whether or not
#   anything is measured. A program that needs only the dispatch can define its three functions itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 .
apt-get -qq download libhwy1=1.0.3-3+deb12u1 2>/dev/null
dpkg-deb -x libhwy1_*.deb .
cat >load.py <<'END'
import ctypes
import sys
import time

ctypes.CDLL("libstdc++.so.6"), ctypes.CDLL("libm.so.6")
before = time.process_time()
ctypes.CDLL(sys.argv[1])
print((time.process_time() - before) * 1e3)
END
seconds() { for _ in 1 2 3 4 5; do python3 load.py "$1"; done | sort -n | head -n 1; }
hwy=$(seconds "$(echo usr/lib/*/libhwy.so.1)")
other=$(seconds libz.so.1)
printf 'milliseconds of processor time to load: libhwy.so.1 %.2f, libz.so.1 %.2f (the least of 5)\n' "$hwy" "$other"
awk -v hwy="$hwy" -v other="$other" 'BEGIN { exit !(hwy > 2 && other < 1) }'
