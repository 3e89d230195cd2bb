# Sourced by every script of this folder: makes a temporary folder, which is removed at the end, and
# installs pinned packages there.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OPENVINO_TELEMETRY=0

# install NAME==VERSION...: a virtual environment with these packages of PyPI. Their wheels are for
# CPython 3.11 on x86-64.
install() {
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check "$@"
}

# Runs the Python program on standard input, in the temporary folder; it prints what it sees and
# asserts it.
python() { (cd "$work" && taskset -c 0 "$work/venv/bin/python" -W ignore -); }
