// [model]: its input, its layers, and the stages that stand for several layers. A stage's use gives options
// to the stage's layers, so that "conv + batch norm + relu" is said once and its channels where it is used.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/registry.h"
#include "nn/infer.h"
#include "recipe/parse.h"

namespace rung::recipe {
namespace {

// What a stage's use keeps for itself.
constexpr std::array<std::string_view, 2> kUseKeys = {"stage", "repeat"};

class ModelParser {
 public:
  explicit ModelParser(const TableReader& model) : model_(model) {}

  nn::ModelSpec parse(const data::DatasetSpec& dataset) {
    model_.allow({"input", "classes", "layers", "stages"});
    read_stages();
    parse_input(dataset);
    if (!model_.has("layers")) model_.fail("layers", "missing; expected an array of tables");
    for (const TableReader& entry : model_.tables("layers")) parse_entry(entry);
    check_shapes();
    refuse_unused_stages();
    return std::move(spec_);
  }

 private:
  struct Stage {
    std::string name;
    std::vector<TableReader> layers;
    bool used = false;
  };

  void parse_input(const data::DatasetSpec& dataset) {
    const data::DatasetInfo* known = data::known_dataset(dataset.name);
    if (known != nullptr) spec_ = {{known->channels, known->height, known->width}, known->classes, {}};
    if (model_.has("input") || known == nullptr) {
      if (!model_.has("input"))
        model_.fail("input", fmt::format("missing; expected [channels, height, width] of the images in {}",
                                         printable(dataset.name)));
      const auto sizes = model_.integers("input", 3, 1, nn::kMaxChannels, TableReader::Scalar::kRefused);
      const nn::Shape input{sizes[0], sizes[1], sizes[2]};
      if (known != nullptr && input != spec_.input) refuse("input", dataset.name);
      spec_.input = input;
    }
    if (model_.has("classes") || known == nullptr) {
      const int classes = model_.small_integer("classes", 1, nn::kMaxClasses);
      if (known != nullptr && classes != spec_.classes) refuse("classes", dataset.name);
      spec_.classes = classes;
    }
  }

  [[noreturn]] void refuse(std::string_view key, std::string_view dataset) const {
    const auto [channels, height, width] = spec_.input;
    model_.fail(key,
                fmt::format("the dataset \"{}\" has images of [{}, {}, {}] and {}", dataset, channels, height,
                            width, counted(static_cast<size_t>(spec_.classes), "class")),
                fmt::format("leave `{}` out", key));
  }

  void read_stages() {
    const auto stages = model_.table("stages");
    if (!stages) return;
    if (stages->keys().size() > kMaxStages)
      model_.fail("stages", fmt::format("the model has more than {} stages", kMaxStages));
    for (const std::string_view name : stages->keys()) {
      if (name.size() > kLongestStageName)
        model_.fail("stages", fmt::format("the name of a stage has more than {} bytes", kLongestStageName));
      stages_.push_back({std::string(name), stages->tables(name)});
      if (stages_.back().layers.empty()) stages->fail(name, "a stage needs at least one layer");
    }
  }

  void parse_entry(const TableReader& entry) {
    const int64_t repeat = entry.integer("repeat", 1, kMaxRepeat, 1);
    if (!entry.has("stage") && !entry.has("type")) entry.fail_here("expected a `type` or a `stage`");
    const std::vector<TableReader> layers =
        entry.has("stage") ? expand_stage(entry) : std::vector{entry.without(kUseKeys)};
    if (spec_.layers.size() + layers.size() * static_cast<size_t>(repeat) > kMaxLayers)
      entry.fail_here(fmt::format("the model has more than {} layers", kMaxLayers));
    for (int64_t round = 0; round < repeat; ++round) {
      for (const TableReader& layer : layers) {
        spec_.layers.push_back(parse_layer(layer, [this] { return channels_so_far(); }));
        origins_.push_back(entry);
      }
    }
  }

  // The layers of the stage, each with its keys of the use.
  std::vector<TableReader> expand_stage(const TableReader& use) {
    if (use.has("type")) use.fail("type", "a layer has either a `type` or a `stage`");
    std::vector<std::string_view> names;
    for (const Stage& stage : stages_) names.push_back(stage.name);
    if (names.empty()) use.fail("stage", "the recipe has no [model.stages]");
    Stage& stage = stages_[use.choose("stage", names)];
    stage.used = true;
    use.allow(keys_of_use(stage));
    const TableReader given = use.without(kUseKeys);
    std::vector<std::vector<std::string_view>> keys(stage.layers.size());
    for (const std::string_view key : given.keys())
      for (const size_t layer : takers(stage, key)) keys[layer].push_back(key);
    std::vector<TableReader> layers;
    for (size_t layer = 0; layer < stage.layers.size(); ++layer)
      layers.push_back(stage.layers[layer].overridden_by(given.only(keys[layer])));
    return layers;
  }

  static std::vector<std::string_view> keys_of_use(const Stage& stage) {
    std::vector<std::string_view> keys(kUseKeys.begin(), kUseKeys.end());
    for (const TableReader& layer : stage.layers) {
      for (const std::string_view key : layer_keys(layer))
        if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
    }
    return keys;
  }

  // The layers that a use's key goes to: all that take it and do not give it themselves; if there is none,
  // the first that takes it.
  static std::vector<size_t> takers(const Stage& stage, std::string_view key) {
    std::vector<size_t> taking;
    std::vector<size_t> lacking;
    for (size_t layer = 0; layer < stage.layers.size(); ++layer) {
      const auto keys = layer_keys(stage.layers[layer]);
      if (std::ranges::find(keys, key) == keys.end()) continue;
      taking.push_back(layer);
      if (!stage.layers[layer].has(key)) lacking.push_back(layer);
    }
    return lacking.empty() ? std::vector{taking.front()} : lacking;
  }

  // Of the output of the last layer, or of the image.
  int channels_so_far() {
    try {
      while (inferred_.size() < spec_.layers.size()) inferred_.push_back(nn::infer_layer(spec_, inferred_));
    } catch (const nn::ShapeError& error) {
      fail(error);
    }
    return inferred_.empty() ? spec_.input.channels : inferred_.back().output.channels;
  }

  // At the entry that the layer came from.
  [[noreturn]] void fail(const nn::ShapeError& error) const {
    if (error.layer >= origins_.size()) model_.fail("layers", error.what(), error.hint());
    origins_[error.layer].fail_here(error.what(), error.hint());
  }

  void refuse_unused_stages() const {
    for (const Stage& stage : stages_)
      if (!stage.used)
        model_.table("stages")->fail(stage.name, "no layer uses this stage", "use it, or take it out");
  }

  void check_shapes() const {
    try {
      nn::infer(spec_);
    } catch (const nn::ShapeError& error) {
      fail(error);
    }
  }

  const TableReader& model_;
  std::vector<Stage> stages_;
  nn::ModelSpec spec_;
  std::vector<TableReader> origins_;     // of each layer, the entry it came from
  std::vector<nn::LayerInfo> inferred_;  // of the first layers, as far as somebody asked
};

}  // namespace

nn::ModelSpec parse_model(const TableReader& root, const data::DatasetSpec& dataset) {
  const TableReader model = root.required_table("model");
  return ModelParser(model).parse(dataset);
}

}  // namespace rung::recipe
