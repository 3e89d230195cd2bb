# shellcheck shell=bash
# The contenders' environments, to be sourced after bench/peers/install.bash, whose functions it uses: each lies in a
# folder of build/python-bench. A contender that cannot be installed is listed as missing, with the reason.

python_source=$root/bench/python
peers_source=$python_source/versions
peers_build=$root/build/python-bench
peers_known=(rung rung_fast sklearn lightgbm xgboost keras skorch)
peers_size=([sklearn]="0.3 GB" [lightgbm]="0.3 GB" [xgboost]="0.4 GB" [keras]="1.6 GB" [skorch]="5.6 GB")

# list_contenders <names...>: prints the lines that bench/peers.h describes.
list_contenders() {
  local name
  mkdir -p "$peers_build"
  for name in "$@"; do
    case $name in
      rung*) install_peer "$name" install_rung && list_contender rung "$name" ;;
      *) install_peer "$name" install_python_peer && list_contender "$name" "$name" ;;
    esac || continue
  done
}

# list_contender <environment> <name>
list_contender() { list_run "$2" "$peers_build/$1/bin/python" "$python_source/contend.py" "$2"; }

# Anew in each run, because the source may have changed; what has not changed is not compiled again.
install_rung() {
  local folder=$peers_build/rung
  have python3 || { echo "python3 was not found" && return 1; }
  [[ -x $folder/bin/python ]] || python3 -m venv "$folder" || return 1
  "$folder/bin/python" -m pip install --disable-pip-version-check "$root"
}
