# A folder without write permission. Root may write everywhere, so if root runs this test, another user trains.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
mkdir closed

as_user=()
if [[ $(id -u) == 0 ]]; then
  command -v setpriv >/dev/null || { echo "skipped: as root, and without setpriv" >&2 && exit 77; }
  as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  chmod -R a+rX ..
  "${as_user[@]}" test -r small.toml -a -x "$RUNG" || { echo "skipped: another user cannot reach the program" >&2 && exit 77; }
fi
chmod a-w closed
fails 1 "rung: error: cannot create the folder closed/run: Permission denied" "${as_user[@]}" "$RUNG" train small.toml --out closed/run
lists closed
