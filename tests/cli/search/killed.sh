# A search that is killed again and again finds the same candidates as one that is not, and so do two processes.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
search=("$RUNG" search small.toml --target final_test_accuracy=60 --candidates 20 --batch 5 --claim-seeds 3 --space space.toml)
echo 'epochs = [2, 6]' >space.toml
"${search[@]}" --out whole >log
grep -q '^Generation 1: 3 candidates; ' log
grep -q '^Generation 2: 9 candidates; ' log
same() { diff <(grep -v seconds whole/candidates.json) <(grep -v seconds "$1/candidates.json"); }

# In each rung and in a claim, as soon as a run of it has begun.
for rung in full longer quick claim; do
  "${search[@]}" --out killed >log 2>&1 & id=$!
  until compgen -G "killed/runs/*-$rung-*/metrics.jsonl" >/dev/null; do sleep 0.01; done
  kill -s KILL $id
  wait $id 2>/dev/null || true
done
# And at any time.
for _ in {1..6}; do
  "${search[@]}" --out killed >log 2>&1 & id=$!
  sleep "0.$((RANDOM % 6 + 2))"
  kill -s KILL $id 2>/dev/null || true
  wait $id 2>/dev/null || true
done
"${search[@]}" --out killed >log
same killed
# Once more, and nothing is trained again.
newest() { find killed/runs -name result.json -printf '%T@\n' | sort -n | tail -n 1; }
before=$(newest)
"${search[@]}" --out killed >log
[[ $(newest) == "$before" ]]
same killed

# With a signal it stops between two batches, and says how to go on.
"${search[@]}" --out stopped >log 2>errors & id=$!
until compgen -G "stopped/runs/*/metrics.jsonl" >/dev/null; do sleep 0.02; done
kill -s TERM $id && not wait $id
grep -q 'rung: error: interrupted (resume with `.*rung search small.toml .*--out stopped' errors
"${search[@]}" --out stopped >log
same stopped

# A budget counts what the runs took, also those that were carried out before.
timed=("$RUNG" search small.toml --target final_test_accuracy=60 --budget 3s --claim-seeds 2 --space space.toml --out timed)
"${timed[@]}" >log 2>&1 & id=$!
until compgen -G "timed/runs/c0003-quick-*/metrics.jsonl" >/dev/null; do sleep 0.01; done
kill -s KILL $id
wait $id 2>/dev/null || true
"${timed[@]}" >log
cp timed/candidates.json once.json
"${timed[@]}" >log
diff once.json timed/candidates.json

if ! command -v mpirun >/dev/null || [[ ! -e ${RUNG%/*}/rung_mpi.so ]]; then
  echo "skipped: two processes, because there is no mpirun" >&2
  exit 0
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun --oversubscribe -n 2 "${search[@]}" --out both >log
same both
