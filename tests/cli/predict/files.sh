# Files of every kind, one and many; what cannot be read costs a line and the exit code, not the other images.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
"$RUNG" train small.toml --out run >log
images=$(dirname "$HELPERS")/../golden/images
cp digits/t10k-images-idx3-ubyte test

# The test images: as many right as `rung eval` says, for any number of threads, compressed or not.
"$RUNG" predict run test --csv --top 1 --threads 1 >classes.csv
sed -n '1,2p' classes.csv
right=$(awk -F, 'NR > 1 && $3 == $2 % 10' classes.csv | wc -l)
"$RUNG" eval run | grep -q "accuracy: $right/64 "
"$RUNG" predict run test --csv --top 1 --threads 3 | diff classes.csv -
gzip -k test
"$RUNG" predict run test.gz --csv --top 1 | sed 's/^test.gz/test/' | diff classes.csv -
"$RUNG" predict run test --best --json | grep '"weights"'

# A table: of a PNG and two JPEG files, of which one lies in a folder.
mkdir -p scans/below
cp "$images/grey.jpg" scans/b.JPG
cp "$images/colour.png" scans/a.png
touch scans/notes.txt scans/below/c.png
"$RUNG" predict run scans "$images/progressive.jpg" --fit stretch | sed "s:$images:IMAGES:; s/ *$//"
"$RUNG" predict run scans/a.png --fit stretch --top 1
"$RUNG" predict run scans --fit stretch --quiet >out && [[ ! -s out ]]

# One that is missing, one that is cut off, one of another kind, a folder without images, one of another size.
head -c 300 "$images/colour.jpg" >cut.jpg
code=0
"$RUNG" predict run test none.png cut.jpg small.toml scans/below/.. scans/below --top 2 >out 2>errors || code=$?
[[ $code == 1 ]] && head -n 2 out | sed 's/ *$//' && [[ $(wc -l <out) == 65 ]]
sed 's/ (.*//; s/reading .*/reading/' errors
fails 1 'rung: error: run: no PNG or JPEG files are in this folder' "$RUNG" predict run run
fails 1 'rung: error: digits/t10k-labels-idx1-ubyte: byte 3: expected 3 dimensions *' "$RUNG" predict run digits/t10k-labels-idx1-ubyte
code=0 && "$RUNG" predict run none.png test --json >document 2>errors || code=$?
[[ $code == 1 && $(wc -l <errors) == 1 ]] && one_document document
grep -c '"index"' document
sed -n '/"errors"/,$p' document
code=0 && "$RUNG" predict run none.png --csv 2>errors || code=$?
[[ $code == 1 ]]

# Dark on light instead of light on dark.
{ head -c 16 test && tail -c +17 test | tr '\000\377' '\377\000'; } >inverted
"$RUNG" predict run inverted --csv --top 1 >out 2>errors
cat errors
for invert in yes auto; do
  "$RUNG" predict run inverted --invert $invert --csv --top 1 2>&1 | sed 's/^inverted/test/' | diff classes.csv -
done
"$RUNG" predict run test --invert auto --csv --top 1 2>&1 | diff classes.csv -

# A file's name is text, to a terminal and in CSV.
cp scans/a.png $'a,"\e[2J.png'
"$RUNG" predict run a,* --fit stretch --csv --top 1 | sed -n 2p

# What is wrong with the command.
fails 2 'rung: error: digits holds no run *' "$RUNG" predict digits test
fails 2 'rung: error: *--csv*--json*' "$RUNG" predict run test --csv --json
fails 2 'rung: error: *--fit*' "$RUNG" predict run test --fit crop
fails 2 'rung: error: *FILE*' "$RUNG" predict run
