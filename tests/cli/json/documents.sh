# With --json, standard output is one JSON document, whatever else is printed; with --quiet nothing else is printed.
source "$HELPERS"
make_dataset digits
make_recipe small.toml
make_recipe other.toml 's/out_channels = 8/out_channels = 9/; s/^title = .*/title = "Größer"/'

# document <fields> <arguments...>: the document has these fields, each at the start of a line.
document() {
  local fields=$1 field
  shift
  "$RUNG" "$@" --json >document 2>said
  one_document document || { echo "$*: not one document" >&2 && return 1; }
  for field in $fields; do
    grep -qE "^ *\"$field\": " document || { echo "$*: no $field" >&2 && return 1; }
  done
  "$RUNG" "$@" --json --quiet >again 2>said_quietly || true
  [[ ! -s said_quietly || $1 == train || $1 == climb ]] || { cat said_quietly >&2 && return 1; }
}

document "format recipe title seed params best_test_accuracy final_test_accuracy targets weights_sha256 epochs analysis run_dir" \
  train small.toml --out run
[[ $(grep -c '^Epoch' said) == 2 ]]
diff <(sed '/"analysis": \[/,/\]/d; /"run_dir"/d; s/,$//' document) <(sed 's/,$//' run/result.json)
document "ladder_dir steps recipe analysis run_dir" climb small.toml other.toml --epochs 1 --out ladder
grep '"title"' document
document "format seeds recipes metrics targets comparisons runs weights_sha256" sweep small.toml other.toml --seeds 1,2 --out sweep
diff <(grep -v title document) <(grep -v title sweep/sweep.json)  # the document is ASCII
echo 'epochs = [1, 9]' >space.toml
document "format title state phase target minimise strategy generations ending best claimed claims front candidates" \
  search small.toml --target final_test_accuracy=50 --candidates 3 --claim-seeds 2 --space space.toml --out search
document "run_dir weights split images correct accuracy balanced_accuracy recall loss seconds" eval run
grep -E '"(run_dir|weights|split|images)"' document
document "run_dir weights fit invert images file index class name probability top errors" predict run digits/t10k-images-idx3-ubyte
document "run_dir same epochs first_difference best_file_agrees" verify run
grep -vE '^[{}]' document
document "run_dir weights folder name weight_bits constant_bytes ram_bytes images correct accuracy float_correct float_accuracy only_integers only_float p_value clipped" export c run --force
document "run_dir weights file bytes opset ir_version input mean std" export onnx run --force
document "recipe title params parameter_budget macs layers output_shape receptive_field advice" summary small.toml
document "recipe threads simd precision images_per_second gflops first_batch_seconds peak_rss_mib profile unit share" \
  bench small.toml --seconds 0.1 --no-peak --profile
RUNG_PYTHON=none document "model recipe trained threads simd batch macs engines engine type image_us image_us_99 images_per_second remarks peak_gflops" \
  bench run --inference --seconds 0.1
document "recipe seed suggested_lr lowest curve lr loss smoothed_loss" lr-find small.toml --batches 20
document "dataset classes class_names train test images height width class_counts normalisation train_pixels stroke_width license note remarks" data info ./digits
mkdir -p table && printf 'label,a,b,c,d\n0,1,2,3,4\n1,5,6,7,8\n' | tee table/train.csv >table/test.csv
document "dataset train_images test_images copies copies_with_different_labels copies_across_splits near_copies near_copies_with_different_labels blank inverted digits remarks" data check ./digits
"$RUNG" data import table --out imported --json >document && one_document document
for field in folder source classes height width channels train_images test_images mean std steps; do
  grep -q "^  \"$field\": " document
done
document "data_dir datasets name registered here folder classes class_names height width channels train_images test_images mean std license note" data list

# A verdict of "no" is also a document; an error is not.
sed -i 's/"weights_sha256":"./"weights_sha256":"0/' run/metrics.jsonl
code=0 && "$RUNG" verify run --json >document 2>/dev/null || code=$?
[[ $code == 1 ]] && one_document document
grep -E 'same|first' document
fails 2 "rung: error: nowhere holds no run (*" "$RUNG" eval nowhere --json

# Quiet: only the exit code, warnings and errors.
for command in "train small.toml --out quiet" "climb small.toml --out quiet-ladder" "eval quiet" "summary small.toml" "data info ./digits"; do
  # shellcheck disable=SC2086 # a command and its arguments
  "$RUNG" $command --quiet >out 2>&1
  [[ ! -s out ]] || { echo "$command: $(<out)" >&2 && exit 1; }
done
fails 2 "rung: error: quiet already holds a run *" "$RUNG" train small.toml --out quiet -q

# A folder's name that is not UTF-8 does not break the document.
mv quiet $'qui\xe9t' && "$RUNG" eval $'qui\xe9t' --json >document && one_document document && grep run_dir document
