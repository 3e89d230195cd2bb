# Two processes under mpirun: the bits of one process. When the command is given again, it makes up for a killed
# process; one that cannot take part is refused.
source "$HELPERS"
command -v mpirun >/dev/null || { echo "skipped: there is no mpirun" >&2 && exit 77; }
[[ -e ${RUNG%/*}/rung_mpi.so ]] || { echo "skipped: built without MPI" >&2 && exit 77; }
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

# Both train, as their instruction sets show: two with the same bits, if the machine has two.
mapfile -t targets < <(fused_targets long.toml)
first=${targets[0]-} second=${targets[1]-${targets[0]-}}
mpirun --oversubscribe -n 1 "${sweep[@]}" --out both ${first:+--simd "$first"} \
  : -n 1 "${sweep[@]}" --out both ${second:+--simd "$second"} >log
grep -c 'seed[0-7]: last epoch' log
same both
for target in $first $second; do grep -q "\"simd\": \"$target\"" both/runs/*/result.json; done

for victim in 1 2; do # process 0, and the other
  "${mpi[@]}" "${sweep[@]}" --out killed$victim >log 2>&1 & id=$!
  until [[ -e killed$victim/runs/long-seed2/metrics.jsonl ]]; do sleep 0.02; done
  kill -s KILL "$(pgrep -P $id | sed -n ${victim}p)"
  not wait $id
  [[ ! -e killed$victim/sweep.md ]]
  "${mpi[@]}" "${sweep[@]}" --out killed$victim >log
  same killed$victim
done

# refused <exit code> <pattern> <options of the other process...>: an error that says why, and no sweep without it.
refused() {
  local wanted=$1 pattern=$2 code=0
  shift 2
  rm -rf apart
  mpirun --oversubscribe -n 1 "$RUNG" sweep moved.toml --data . --out apart ${first:+--simd "$first"} \
    : -n 1 "$RUNG" sweep moved.toml --out apart "$@" >log 2>errors || code=$?
  [[ $code == "$wanted" ]]
  grep -q "^rung: error: [^:]*$pattern" errors
  [[ ! -e apart/sweep.md ]]
}
# (Where the folder of images is not, --data says where it is on this machine.)
make_recipe moved.toml 's:\./digits:/nowhere/digits:'
refused 1 ': there is no folder /nowhere/digits, and no nothing/digits either' --data nothing
from() { echo "cd '$1' && '$RUNG' sweep '$PWD/long.toml' --out apart"; }
mkdir elsewhere
# (A process that stands elsewhere is fine, and the folder's name need be no text.)
out=$'s\xe9t'
mpirun --oversubscribe -n 1 "${sweep[@]}" --out "$out" : -n 1 sh -c "$(from elsewhere)" >log
same "$out"
[[ $(find . -name 's*t' | wc -l) == 1 && ! -e elsewhere/apart ]]
cp -r digits elsewhere
printf '\1' | dd of=elsewhere/digits/t10k-images-idx3-ubyte bs=1 seek=100 conv=notrunc status=none
refused 1 ': the dataset /nowhere/digits has other images than on the first machine' --data elsewhere
if [[ -n $first ]]; then
  refused 2 " computes with scalar, which gives other bits than $first here" --data . --simd scalar
fi
