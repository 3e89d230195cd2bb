# Reports of a run, a ladder and two runs: where they are written, what they hold, and that nothing in them is executed.
source "$HELPERS"
make_dataset digits
make_recipe first.toml 's/^title = .*/title = "<script>alert(1)<\/script> \& \\"quoted\\""/'
make_recipe second.toml 's/out_channels = 8/out_channels = 9/; s/^title = .*/title = "<\/script><img src=x onerror=alert(2)>"/'
"$RUNG" climb first.toml second.toml --out ladder 2>&1 >log | (! grep .)
grep '^To look' log

# Climbing wrote a report; writing it again gives the same one.
[[ $(grep -c '<section id="step[0-9]*"' ladder/report.html) == 2 ]]
cp ladder/report.html before.html
"$RUNG" report ladder
cmp before.html ladder/report.html
"$RUNG" report ladder/first
"$RUNG" report ladder/first ladder/second
"$RUNG" report ladder/second ladder/first --out other.html
"$RUNG" report ladder ladder/first --out three.html
grep -c '<section id="step[0-9]*"' three.html
grep -q 'McNemar' report.html other.html

# Text from files stays text on the page: the only scripts are our own, of charts and of boxes to draw in, and their data.
for page in ladder/report.html ladder/first/report.html report.html; do
  [[ $(grep -o '<script' $page | wc -l) == 5 ]]
  grep -q '&lt;script&gt;alert(1)' $page
  (! grep -qE '<script>alert|<img src=x' $page)
  (! grep -qE '(src|href)="?(https?:)?//' $page)
done

# A report without its dataset says so, and shows the records.
mv digits elsewhere
"$RUNG" report ladder/first --out blind.html
grep -o 'The dataset .*/digits is missing' blind.html
grep -q 'training loss' blind.html
(! grep -q 'Confusion' blind.html)
