# The box to draw in: what it computes, for layers of every kind, and how much it adds to the page.
source "$HELPERS"
command -v node >/dev/null || { echo "skipped: node is not installed" && exit 77; }
make_dataset digits
make_recipe small.toml
recipe() {
  make_recipe "$1.toml" '/^  \{/d'
  sed -i "s/^layers = \[/&\n$(sed 's/$/\\n/' | tr -d '\n')/" "$1.toml"
}
recipe one <<'LAYERS'
  { type = "conv2d", out_channels = 8, kernel_size = [3, 5], stride = [2, 1], padding = [1, 2], bias = false },
  { type = "batch_norm2d" },
  { type = "leaky_relu", negative_slope = 0.2 },
  { type = "max_pool2d", kernel_size = 3, stride = 2, padding = 1, ceil_mode = true },
  { type = "conv2d", out_channels = 8, kernel_size = 3, padding = 2, dilation = 2, groups = 4 },
  { type = "silu" },
  { type = "add", from = -3 },
  { type = "batch_norm2d" },
  { type = "avg_pool2d", kernel_size = 3, stride = 2, padding = 1, count_include_pad = false },
  { type = "prelu", num_parameters = 8 },
  { type = "gelu" },
  { type = "conv2d", out_channels = 6, kernel_size = 1 },
  { type = "group_norm", num_groups = 3 },
  { type = "hardswish" },
  { type = "adaptive_avg_pool2d", output_size = [2, 3] },
  { type = "flatten" },
  { type = "dropout", p = 0.1 },
  { type = "linear", out_features = 10 },
LAYERS
recipe two <<'LAYERS'
  { type = "conv2d", out_channels = 6, kernel_size = 5, stride = 3 },
  { type = "mish" },
  { type = "dropout2d", p = 0.1 },
  { type = "conv2d", out_channels = 6, kernel_size = 3, padding = 1 },
  { type = "gelu", approximate = "tanh" },
  { type = "conv2d", out_channels = 6, kernel_size = 3 },
  { type = "relu6" },
  { type = "flatten" },
  { type = "linear", out_features = 12 },
  { type = "sigmoid" },
  { type = "linear", out_features = 12 },
  { type = "tanh" },
  { type = "linear", out_features = 12 },
  { type = "relu" },
  { type = "linear", out_features = 10 },
LAYERS
for name in small one two; do
  "$RUNG" train "$name.toml" --out "$name" >/dev/null
  "$RUNG" predict "$name" digits/t10k-images-idx3-ubyte --json --top 10 >"$name.json"
  node "$(dirname "$HELPERS")/../browser/draw_box_test.js" "$name/report.html" digits/t10k-images-idx3-ubyte "$name.json"
done
# Its data, script and markup.
box() { python3 -c 'import re, sys; text = open(sys.argv[1]).read(); print(sum(map(len, re.findall(r"<script [^>]*id=\"drawings\">[^<]*</script>|<div class=\"drawing\".*?</div></div>|<script>(?:(?!</script>)[\s\S])*data-drawing(?:(?!</script>)[\s\S])*</script>", text))))' "$1"; }
(($(box one/report.html) > 10000 && $(box one/report.html) < 120000))

# Too large for the page: left out.
recipe large <<'LAYERS'
  { type = "flatten" },
  { type = "linear", out_features = 40 },
  { type = "linear", out_features = 10 },
LAYERS
"$RUNG" train large.toml --epochs 1 --out large >/dev/null
not grep -q 'Draw one' large/report.html
