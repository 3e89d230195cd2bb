# shellcheck shell=bash
# The peers' environments, to be sourced by bench/run after scripts/setup.sh: each lies in a folder of build/peers and is made
# once. A peer that cannot be installed is listed as missing, with the reason.

peers_source=$root/bench/peers
peers_build=$root/build/peers
peers_known=(libtorch pytorch jax burn)
exec {peers_screen}>&2
declare -A peers_size=([pytorch]="5.3 GB" [jax]="0.6 GB" [burn]="0.6 GB")

# list_peers <names...>: prints the lines that bench/peers.h describes, and installs what they need.
list_peers() {
  local peer
  mkdir -p "$peers_build"
  for peer in "$@"; do "list_$peer"; done
}

list_libtorch() {
  list_run libtorch "$build/bench/torch_peer/torch_peer" --step '{step}'
  list_run libtorch_tuned "$build/bench/torch_peer/torch_peer" --step '{step}' --tuned
}

list_pytorch() {
  local program=("$peers_build/pytorch/bin/python" "$peers_source/pytorch_peer.py" --task '{task}')
  install_peer pytorch install_python_peer || return 0
  list_run pytorch "${program[@]}"
  list_run pytorch_channels_last "${program[@]}" --channels-last
  list_run pytorch_compile "${program[@]}" --compile
  list_run pytorch_bf16 "${program[@]}" --bf16
}

list_jax() {
  install_peer jax install_python_peer || return 0
  # Compiling takes a minute or more, so only the first run of a step does it.
  list_run jax env JAX_COMPILATION_CACHE_DIR="$peers_build/jax/compiled" "$peers_build/jax/bin/python" "$peers_source/jax_peer.py" --task '{task}'
}

list_burn() {
  install_peer burn install_rust_peer || return 0
  list_run burn "$peers_build/burn/release/burn_peer" --task '{task}'
}

# list_run <name> <command...>
list_run() {
  local IFS=$'\t'
  echo "$1"$'\trun\t'"${*:2}"
}

# install_peer <name> <function>: the function's last line of output is the reason if it fails.
install_peer() {
  local output
  output=$("$2" "$1" 2>&1) || {
    echo "$output" >>"$log"
    printf '%s\tmissing\t%s\n' "$1" "$(tail -n 1 <<<"$output" | tr '\t' ' ' | cut -c -200)"
    return 1
  }
}

announce() { echo "Installing $1 (about ${peers_size[$1]} in ${peers_build#"$root"/}/$1)..." >&"$peers_screen"; }

# The versions in NAME.txt, in a virtual environment that is complete when it has a copy of that file.
install_python_peer() {
  local folder=$peers_build/$1 versions=$peers_source/$1.txt
  ! cmp -s "$versions" "$folder/versions" || return 0
  have python3 || { echo "python3 was not found" && return 1; }
  announce "$1"
  rm -rf "$folder"
  python3 -m venv "$folder" &&
    "$folder/bin/python" -m pip install --no-cache-dir --disable-pip-version-check -r "$versions" &&
    cp "$versions" "$folder/versions"
}

install_rust_peer() {
  local program=$peers_build/$1/release/$1_peer
  have cargo || { echo "cargo was not found" && return 1; }
  [[ -x $program ]] || announce "$1"
  cargo build --release --manifest-path "$peers_source/$1_peer/Cargo.toml" --target-dir "$peers_build/$1"
}
