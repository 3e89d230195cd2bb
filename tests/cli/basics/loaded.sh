# What only some commands need is not loaded by the others: at the start are neither transfers, nor archives, nor MPI.
if ! ldd "$RUNG" >libraries 2>/dev/null; then echo "skipped: there is no ldd" >&2 && exit 77; fi
grep -q libpng libraries
if grep -E 'lib(curl|archive|mpi|hwy)' libraries; then exit 1; fi
