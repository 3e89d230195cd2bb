#include "report/playground.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/require.h"
#include "base/text.h"
#include "data/class_names.h"
#include "data/examples.h"
#include "nn/plan.h"
#include "report/assets.h"
#include "report/page.h"
#include "report/predictions.h"

namespace rung::report {
namespace {

using nlohmann::ordered_json;

// Images that the page holds, as far as there are so many, and their bytes at most.
constexpr int kTrainImages = 2000;
constexpr int kTestImages = 500;
constexpr size_t kExamples = 60;
constexpr size_t kWrongExamples = 30;
constexpr size_t kMostImageBytes = 4 << 20;

std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// As the browser's DecompressionStream("deflate") reads it.
std::string deflated(std::string_view content) {
  uLongf size = compressBound(content.size());
  std::string result(size, '\0');
  const int code =
      compress2(reinterpret_cast<Bytef*>(result.data()), &size,
                reinterpret_cast<const Bytef*>(content.data()), content.size(), Z_BEST_COMPRESSION);
  RUNG_REQUIRE(code == Z_OK);
  result.resize(size);
  return result;
}

// A data block of bytes.
Html bytes_block(std::string_view id, std::string_view bytes) {
  return html("<script type=\"text/plain\" id=\"{}\">{}</script>\n", id,
              Html{base64(std::as_bytes(std::span(bytes)))});
}

void require_alike(std::span<const Player> players) {
  for (const Player& player : players) {
    const nn::ModelSpec& first = players.front().recipe.model;
    const nn::ModelSpec& model = player.recipe.model;
    if (model.input != first.input || model.classes != first.classes)
      throw UsageError(fmt::format("{} takes images of {} and tells {} classes apart, {} {} and {}",
                                   player.recipe.name, nn::to_text(model.input), model.classes,
                                   players.front().recipe.name, nn::to_text(first.input), first.classes),
                       "give runs on the same images");
  }
}

class Builder {
 public:
  Builder(std::span<const Player> players, const data::Dataset& data, const data::DatasetSpec& spec,
          ThreadPool& pool)
      : data_(data) {
    for (int label = 0; label < data.classes; ++label)
      classes_.push_back(data::class_name(spec, static_cast<size_t>(label)));
    const auto image_bytes = data.train.image_bytes();
    const auto most = static_cast<int>(kMostImageBytes / image_bytes);
    train_count_ = std::min({kTrainImages, data.train.count, most});
    test_count_ = std::min({kTestImages, data.test.count, most});
    take(data.train, train_count_);
    take(data.test, test_count_);
    choose_examples(players, pool);
    for (const Player& player : players) add(player);
  }

  ordered_json facts(std::span<const Exercise> exercises) const {
    const data::Split& train = data_.train;
    ordered_json json{{"shape", {train.channels, train.height, train.width}},
                      {"classes", classes_},
                      {"train", train_count_},
                      {"test", test_count_},
                      {"wrong", wrong_},
                      {"exampleNotes", notes_},
                      {"runs", runs_},
                      {"chosen", std::min<size_t>(exercises.size() - 1, 2)},
                      {"recipes", ordered_json::array()}};
    for (const Exercise& one : exercises)
      json["recipes"].push_back({{"title", one.title}, {"text", one.text}});
    return json;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void take(const data::Split& split, int count) {
    bytes_ += text_of(std::span(split.pixels).first(static_cast<size_t>(count) * split.image_bytes()));
    bytes_ += text_of(std::span(split.labels).first(static_cast<size_t>(count)));
  }

  // Test images that the first network gets wrong, and then some of each class.
  void choose_examples(std::span<const Player> players, ThreadPool& pool) {
    const data::Split& test = data_.test;
    std::vector<uint8_t> predicted = test.labels;
    if (!players.empty()) {
      const Player& first = players.front();
      predicted = predict(nn::make_plan(first.recipe.model), first.weights, first.recipe.dataset, test, pool)
                      .predicted;
    }
    for (uint32_t image = 0; image < predicted.size() && examples_.size() < kWrongExamples; ++image)
      if (predicted[image] != test.labels[image]) examples_.push_back(image);
    wrong_ = examples_.size();
    for (const uint32_t image : data::in_turn(test.labels, kExamples))
      if (examples_.size() < kExamples && predicted[image] == test.labels[image]) examples_.push_back(image);
    for (const uint32_t image : examples_) {
      bytes_ += text_of(test.image(image));
      const std::string& is = classes_[test.labels[image]];
      notes_.push_back(predicted[image] == test.labels[image]
                           ? fmt::format("Test image {}: {}", image, is)
                           : fmt::format("Test image {}: {}, which {} takes for {}", image, is,
                                         players.front().recipe.name, classes_[predicted[image]]));
    }
  }

  void add(const Player& player) {
    std::vector<float> values = player.weights.parameters;
    values.insert(values.end(), player.weights.buffers.begin(), player.weights.buffers.end());
    const int copies = names_[player.recipe.name]++;
    const std::string name =
        copies == 0 ? player.recipe.name : fmt::format("{} ({})", player.recipe.name, copies + 1);
    recipe::Recipe recipe = player.recipe;
    recipe.description.clear();
    recipe.targets.clear();
    recipe.reference.reset();
    runs_.push_back({{"name", name},
                     {"note", fmt::format("{}; {} parameters, seed {}", player.recipe.title,
                                          with_commas(static_cast<int64_t>(player.weights.parameters.size())),
                                          player.recipe.seed)},
                     {"recipe", recipe::to_toml(recipe)},
                     {"weights", base64(std::as_bytes(std::span(values)))}});
  }

  const data::Dataset& data_;
  int train_count_ = 0;
  int test_count_ = 0;
  std::vector<uint32_t> examples_;  // of the test images
  size_t wrong_ = 0;                // of them, the first
  std::vector<std::string> notes_;
  std::vector<std::string> classes_;  // their names
  std::string bytes_;                 // pixels and labels of training and test images, pixels of the examples
  ordered_json runs_ = ordered_json::array();
  std::map<std::string, int> names_;  // and how often
};

Html slider(std::string_view id, std::string_view name, int low, int high, int value) {
  return html(
      "<label for=\"{0}\">{1}</label><input type=\"range\" id=\"{0}\" min=\"{2}\" max=\"{3}\" value=\"{4}\">"
      "<output id=\"{0}Value\" for=\"{0}\"></output>\n",
      id, name, low, high, value);
}

Html drawing_panel() {
  return html(
      R"(<section id="draw" role="tabpanel" aria-labelledby="tab-draw">
<div class="draw">
<div>
<canvas id="pad" width="252" height="252" tabindex="0" role="application" aria-label="Drawing area: draw with mouse, pen or finger; with the keyboard, arrow keys move a pen, Space puts it down or lifts it, Delete clears"></canvas>
<div class="row"><button type="button" id="clear">Clear</button><span class="lead" id="chosen"></span></div>
<div class="controls">
{}{}{}</div>
<div class="seen"><canvas id="seen" role="img" aria-label="The drawing as the networks see it"></canvas><span>As the networks see it</span></div>
<p id="hint" class="lead" aria-live="polite"></p>
<p id="keys" class="lead" aria-live="polite"></p>
</div>
<div id="networks" aria-live="off"></div>
</div>
<h2>Test images</h2>
<p class="lead">Those in red boxes are taken for something else by the first network.</p>
<div class="examples" id="examples"></div>
</section>
)",
      slider("pen", "Pen", 8, 36, 20), slider("turn", "Turn", -90, 90, 0),
      slider("smudge", "Smudge", 0, 12, 0));
}

Html training_panel(int train_count, int test_count) {
  return html(
      R"(<section id="training" role="tabpanel" aria-labelledby="tab-training" hidden>
<p class="lead">Pick a step of the ladder or change its recipe, and train it here, on {} images; {} others test it.</p>
<div class="split">
<div>
<div class="row"><label for="step">Recipe</label> <select id="step"></select></div>
<label for="recipe" class="lead">Its text, to be edited</label>
<textarea id="recipe" spellcheck="false" autocapitalize="off" autocomplete="off"></textarea>
<p id="problem" role="alert" hidden></p>
</div>
<div>
<div class="row"><button type="button" id="train" disabled>Train</button><button type="button" id="pause" disabled>Pause</button><button type="button" id="take" disabled>Draw with it</button></div>
<p id="state" role="status"></p>
<div class="plot"><canvas id="loss" role="img" aria-label="Training loss"></canvas></div>
<div class="plot"><canvas id="accuracy" role="img" aria-label="Test accuracy after each epoch"></canvas></div>
<div class="scroll" id="confusion"></div>
</div>
</div>
</section>
)",
      with_commas(train_count), with_commas(test_count));
}

}  // namespace

bool has_playground() {
  return !kPlayEngine.empty();
}

std::string playground_page(std::span<const Player> players, std::span<const Exercise> exercises,
                            const data::Dataset& data, const data::DatasetSpec& spec, ThreadPool& pool) {
  RUNG_REQUIRE(has_playground() && !exercises.empty());
  require_alike(players);
  const Builder builder(players, data, spec, pool);
  const ordered_json facts = builder.facts(exercises);
  Html body{
      "<main>\n<h1>Rung playground</h1>\n<p class=\"lead\">Draw, and see what small networks make of it; or "
      "train one. Everything happens on this page.</p>\n"
      "<noscript><p class=\"note\">The playground needs JavaScript.</p></noscript>\n"
      "<div role=\"tablist\" aria-label=\"Playground\">"
      "<button type=\"button\" role=\"tab\" id=\"tab-draw\" aria-controls=\"draw\" "
      "aria-selected=\"true\">Draw"
      "</button><button type=\"button\" role=\"tab\" id=\"tab-training\" aria-controls=\"training\" "
      "aria-selected=\"false\" tabindex=\"-1\">Train</button></div>\n"};
  body += drawing_panel();
  body += training_panel(facts["train"].get<int>(), facts["test"].get<int>());
  body += Html{"</main>\n"};
  body += json_block("playground", facts);
  body += bytes_block("engine", kPlayEngine);
  body += bytes_block("images", deflated(builder.bytes()));
  body += html("<script type=\"text/plain\" id=\"worker\">{}</script>\n", Html{std::string(kPlayWorkerJs)});
  const std::string_view styles[] = {kPageCss, kPlayCss};
  const std::string_view scripts[] = {kChartJs, kPlayJs};
  return whole_page("Rung playground", styles, body, scripts, Runs::kEngine);
}

}  // namespace rung::report
