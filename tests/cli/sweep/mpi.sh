# Two processes under mpirun: the bits of one process; one that is killed is made up for when the command is given again.
source "$HELPERS"
command -v mpirun >/dev/null || { echo "skipped: there is no mpirun" >&2 && exit 77; }
grep -q libmpi <<<"$(ldd "$RUNG")" || { echo "skipped: built without MPI" >&2 && exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpi=(mpirun --oversubscribe -n 2)
make_dataset digits
make_recipe long.toml 's/^epochs = .*/epochs = 40/'
sweep=("$RUNG" sweep long.toml --seeds 0..7)
"${sweep[@]}" --out whole >/dev/null
same() {
  diff whole/sweep.md "$1/sweep.md"
  diff <(grep sha256 whole/sweep.json) <(grep sha256 "$1/sweep.json")
}

"${mpi[@]}" "${sweep[@]}" --out both >log
grep -c 'seed[0-7]: last epoch' log
same both

for victim in 1 2; do # process 0, and the other
  "${mpi[@]}" "${sweep[@]}" --out killed$victim >log 2>&1 & id=$!
  until [[ -e killed$victim/runs/long-seed2/metrics.jsonl ]]; do sleep 0.02; done
  kill -s KILL "$(pgrep -P $id | sed -n ${victim}p)"
  not wait $id
  [[ ! -e killed$victim/sweep.md ]]
  "${mpi[@]}" "${sweep[@]}" --out killed$victim >log
  same killed$victim
done

# The other process cannot use the images: an error that says so, and no sweep without it.
code=0
mpirun --oversubscribe -n 1 "$RUNG" sweep long.toml --out apart : -n 1 sh -c "cd / && '$RUNG' sweep '$PWD/long.toml' --out apart" >log 2>errors || code=$?
[[ $code == 1 ]]
grep -q '^rung: error: .*: cannot find ./digits/train-images-idx3-ubyte' errors
