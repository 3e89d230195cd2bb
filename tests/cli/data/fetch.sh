# A dataset that is published in another form than four files: fetched from a server of this test over a connection that
# breaks, imported, listed, and trained on by its name. (Made images, in the form and number of the UCI repository's
# digits, of which no checksums are published.)
source "$HELPERS"
command -v python3 >/dev/null && command -v openssl >/dev/null || { echo "skipped: there is no python3 or no openssl" >&2 && exit 77; }
mkdir served
# digits <count>: rows of 64 pixels from 0 to 16, in which the class is a bright column, and the class.
digits() {
  awk -v count="$1" 'BEGIN { for (i = 0; i < count; ++i) { row = ""; for (p = 0; p < 64; ++p)
    row = row (p % 8 == i % 8 && (i % 10 < 8 || p > 31) ? 16 : (p * 7 + i * 3) % 5) ","; print row i % 10 } }'
}
digits 3823 >served/optdigits.tra
digits 1797 >served/optdigits.tes
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout key.pem -out certificate.pem 2>/dev/null
python3 "${BASH_SOURCE[0]%/*}/../../range_server.py" served certificate.pem key.pem >server &
until [[ -s server ]]; do sleep 0.05; done
read -r port _ <server
export CURL_CA_BUNDLE=$PWD/certificate.pem no_proxy=127.0.0.1 RUNG_DATA=$PWD/data

"$RUNG" data list | sed -nE '/^digits /p' | tr -s ' '
"$RUNG" data fetch digits --from "https://127.0.0.1:$port/cut-once/" | sed 's/1:[0-9]*/1:PORT/'
cat served/log
lists data digits digits/{train-images-idx3-ubyte,train-labels-idx1-ubyte,t10k-images-idx3-ubyte,t10k-labels-idx1-ubyte} digits/dataset.toml
sed -nE '/^(name|classes|height|sources|steps|  ")/p' data/digits/dataset.toml | sed -E 's/1:[0-9]+/1:PORT/g; s/SHA-256 [0-9a-f]{64}/SHA-256 .../g'
"$RUNG" data fetch digits
"$RUNG" data list | sed -nE '/^digits /p' | tr -s ' '
"$RUNG" data info digits | tail -n 2

# By its name, without a model's input and classes, or a mean.
"$RUNG" new digits --params 500 >said
make_recipe small.toml 's:\./digits:digits:; /^input|^classes/d; s/kernel_size = 5, stride = 2/kernel_size = 3/; s/^epochs = .*/epochs = 1/'
"$RUNG" train small.toml --out run >log
grep -E '^(name = "digits"|input|classes|class_names)' run/recipe.toml
"$RUNG" train digits.toml --epochs 1 --out first >log

# What is wrong is not installed, and leaves nothing.
cp served/optdigits.tes served/train-images-idx3-ubyte.gz
not "$RUNG" data fetch kmnist --from served 2>errors
grep -o 'served: train-images-idx3-ubyte.gz has the checksum sha256:.*, but sha256:5146' errors | sed 's/sha256:[0-9a-f]*,/SUM,/'
lists data digits digits/{train-images-idx3-ubyte,train-labels-idx1-ubyte,t10k-images-idx3-ubyte,t10k-labels-idx1-ubyte} digits/dataset.toml
fails 2 'rung: error: chestmnist cannot be trained on: each of its images has *' "$RUNG" data fetch chestmnist
fails 2 "rung: error: unknown dataset 'kmnst'; did you mean 'kmnist'? (*" "$RUNG" data fetch digits kmnst
mkdir data/usps && cp data/digits/*ubyte data/usps
fails 1 "rung: error: cannot replace */data/usps: it holds other images than usps's (move that folder away)" "$RUNG" data fetch usps --from served
"$RUNG" data list | grep -c 'rung data info .*/usps/'
