// The parts of reports: escaping, data blocks, stored runs, statistics of predictions, drawings of a model,
// and whole pages.
#include "report/write_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "data_test_files.h"
#include "ladder/p_value.h"
#include "ladder/run.h"
#include "ladder/steps_file.h"
#include "report/assets.h"
#include "report/colour.h"
#include "report/html.h"
#include "report/inside.h"
#include "report/learning_rates.h"
#include "report/prediction_quality.h"
#include "report/reference_curves.h"
#include "report/stored_run.h"
#include "train/checkpoint.h"

namespace rung::report {
namespace {

using data::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

TEST(Html, EscapesWhatMarkupActsOn) {
  EXPECT_EQ(escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(escaped("tab\tline\nend"), "tab line end");
  EXPECT_EQ(escaped("escape\x1b[2J"), "escape\\x1b[2J");
  EXPECT_EQ(escaped("é × 10"), "é × 10");
}

TEST(Html, ArgumentsAreTextUnlessTheyAreMarkup) {
  const std::string text = "<script>";
  EXPECT_EQ(html("<b title=\"{}\">{}</b>", text, "\"&\"").markup,
            "<b title=\"&lt;script&gt;\">&quot;&amp;&quot;</b>");
  EXPECT_EQ(html("<p>{}</p>", html("<i>{}</i>", "<")).markup, "<p><i>&lt;</i></p>");
  EXPECT_EQ(html("{:.2f} {}", 1.005, 7).markup, "1.00 7");
}

TEST(Html, ADataBlockCannotEndItsElementOrALine) {
  const nlohmann::ordered_json json = {"</script><script>alert(1)</script>", "<!--", "&amp;",
                                       "a\u2028b\u2029c", "\xff"};
  const std::string block = json_block("data", json).markup;
  const std::string start = "<script type=\"application/json\" id=\"data\">";
  const std::string end = "</script>\n";
  ASSERT_TRUE(block.starts_with(start) && block.ends_with(end));
  const std::string inner = block.substr(start.size(), block.size() - start.size() - end.size());
  EXPECT_EQ(inner.find_first_of("<>&"), std::string::npos);
  EXPECT_TRUE(std::all_of(inner.begin(), inner.end(), [](char byte) { return byte >= ' ' && byte < 127; }));
  const auto back = nlohmann::json::parse(inner);
  EXPECT_EQ(back[0], json[0]);
  EXPECT_EQ(back[3], json[3]);
  EXPECT_EQ(back[4], "\uFFFD");
}

// RFC 4648, section 10.
TEST(Html, Base64) {
  const auto encoded = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xff\xfe\xfd"), "//79");
}

// From the example in the specification of Content Security Policy, level 2.
TEST(Html, HashesScriptsAsThePolicyDoes) {
  EXPECT_EQ(csp_hash("alert('Hello, world.');"), "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
}

TEST(Html, NoAssetCanEndTheElementThatHoldsIt) {
  for (const std::string_view asset : {kChartJs, kPageJs, kPageCss}) {
    EXPECT_FALSE(asset.empty());
    EXPECT_EQ(asset.find("</s"), std::string_view::npos);
    EXPECT_EQ(asset.find("<!--"), std::string_view::npos);
    EXPECT_EQ(asset.find("<script"), std::string_view::npos);
  }
}

TEST(ReferenceCurves, EveryStepOfTheLadderFindsItsNotebook) {
  for (const char* step : {"step1", "step2", "step3", "step4", "step5", "step5-constant-lr"}) {
    const auto recipe =
        recipe::load(fs::path(RUNG_SOURCE_DIR) / "recipes/ladder" / (std::string(step) + ".toml"));
    const auto curve = find_reference_curve(recipe);
    ASSERT_TRUE(curve) << step;
    EXPECT_EQ(curve->size(), 16U);
    const ReferenceCurve& epochs = *curve;
    const double last3 = (epochs[13].test_accuracy + epochs[14].test_accuracy + epochs[15].test_accuracy) / 3;
    EXPECT_NEAR(last3, recipe.reference->mean_last3_test_accuracy, 0.0051) << step;
  }
}

TEST(ReferenceCurves, ARecipeWithOtherFiguresHasNone) {
  auto recipe = recipe::load(fs::path(RUNG_SOURCE_DIR) / "recipes/ladder/step3.toml");
  recipe.reference->final_test_accuracy += 0.02;
  EXPECT_FALSE(find_reference_curve(recipe));
  recipe.reference.reset();
  EXPECT_FALSE(find_reference_curve(recipe));
}

TEST(ReferenceCurves, ARecipeOfOtherImagesHasNone) {
  auto recipe = recipe::load(fs::path(RUNG_SOURCE_DIR) / "recipes/ladder/step3.toml");
  recipe.dataset.name = "fashion_mnist";
  EXPECT_FALSE(find_reference_curve(recipe));
}

TEST(ReferenceCurves, DamageIsNamedByItsLine) {
  for (const char* tsv :
       {"head\n1\t0\t90\t91\t0.1\t9\n1\t2\t90\t91\t0.1\t9\n", "head\n1\t0\t90\t91\t0.1\t9\n1\t1\tx\n"}) {
    try {
      parse_reference_curves(tsv);
      ADD_FAILURE() << tsv;
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr("notebook_curves.tsv:3"));
    }
  }
}

Predictions predictions_of(std::vector<uint8_t> predicted, std::vector<float> confidence,
                           std::vector<float> given_true) {
  return {3, std::move(predicted), std::move(confidence), std::move(given_true)};
}

TEST(Statistics, ConfusionCountsTrueByPredicted) {
  const std::vector<uint8_t> labels = {0, 1, 2, 1, 1};
  const auto counts = confusion(labels, std::vector<uint8_t>{0, 2, 2, 1, 2}, 3);
  EXPECT_THAT(counts, ElementsAre(ElementsAre(1, 0, 0), ElementsAre(0, 1, 2), ElementsAre(0, 0, 1)));
}

TEST(Statistics, BalancedAccuracyIsOfTheClassesThatHaveImages) {
  const std::vector<std::vector<int>> counts{{1, 3, 0}, {0, 8, 0}, {0, 0, 0}};
  EXPECT_EQ(balanced_accuracy(counts), (0.25 + 1) / 2);
  EXPECT_EQ(images_of(counts, 0), 4);
  EXPECT_EQ(report::predictions_of(counts, 1), 11);
}

TEST(Statistics, MistakesComeWorstFirst) {
  const std::vector<uint8_t> labels = {0, 1, 2, 1};
  const auto predictions = predictions_of({1, 1, 0, 2}, {.6F, .9F, .9F, .5F}, {.3F, .9F, .05F, .4F});
  EXPECT_THAT(mistakes(predictions, labels), ElementsAre(2, 0, 3));
}

// By hand: bins of 1/15. 0.5 is in (7/15, 8/15], 0.95 in (14/15, 1].
TEST(Statistics, CalibrationComparesConfidenceWithAccuracyInEachBin) {
  const std::vector<uint8_t> labels = {0, 0, 0, 0};
  const auto result = calibration(predictions_of({0, 1, 0, 0}, {.95F, .95F, .5F, 1.0F}, {}), labels);
  EXPECT_EQ(result.bins[7].images, 1);
  EXPECT_NEAR(result.bins[7].accuracy, 1, 1e-9);
  EXPECT_EQ(result.bins[14].images, 3);
  EXPECT_NEAR(result.bins[14].accuracy, 2.0 / 3, 1e-9);
  EXPECT_NEAR(result.bins[14].confidence, 2.9 / 3, 1e-6);
  EXPECT_NEAR(result.expected_error, 0.25 * 0.5 + 0.75 * 0.3, 1e-6);
  EXPECT_NEAR(result.confidence, 3.4 / 4, 1e-6);
  EXPECT_NEAR(result.accuracy, 3.0 / 4, 1e-9);
}

nn::Plan plan_of(const std::string& step) {
  return nn::make_plan(recipe::load(fs::path(RUNG_SOURCE_DIR) / "recipes/ladder" / (step + ".toml")).model,
                       nn::GlobalPooling::kApart);
}

// A group of square images that are not all alike.
AlignedBuffer<float> ramps(int side) {
  AlignedBuffer<float> x(kernels::block_floats(1, side, side));
  for (size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 23) / 23;
  return x;
}

TEST(Inside, UnitsSeeWhatTheLadderDescribes) {
  const nn::Plan plan = plan_of("step1");
  std::vector<int> fields;
  for (size_t unit = 0; unit + 1 < plan.units.size(); ++unit)
    fields.push_back(reach_of(plan, unit).rows.field);
  EXPECT_THAT(fields, ElementsAre(3, 6, 10, 14, 18));
  const Reach reach = reach_of(plan, 1).columns;  // two convolutions and a pooling of two
  EXPECT_EQ(reach.jump, 2);
  EXPECT_EQ(reach.first, 2.5);
}

// A padded pooling of 3 with a stride of 2 after a convolution of 3; an adaptive one of 5 to 2.
TEST(Inside, PoolingsThatAreUnitsOfTheirOwnAreFollowed) {
  const nn::Plan plan = nn::make_plan(
      {{1, 11, 11},
       1,
       {nn::Conv2d{.out_channels = 1, .kernel_size = {3, 3}}, nn::MaxPool2d{{3, 3}, {2, 2}, {1, 1}},
        nn::AdaptiveAvgPool2d{{2, 2}}, nn::AdaptiveAvgPool2d{}}});
  ASSERT_EQ(plan.units[1].output.height, 5);
  const Reach padded = reach_of(plan, 1).rows;
  EXPECT_EQ(padded.field, 5);
  EXPECT_EQ(padded.jump, 2);
  EXPECT_EQ(padded.first, 1);
  const Reach adaptive = reach_of(plan, 2).rows;  // windows of 3 at 0 and 2
  EXPECT_EQ(adaptive.field, 9);
  EXPECT_EQ(adaptive.jump, 4);
  EXPECT_EQ(adaptive.first, 3);
}

TEST(Inside, PaddingKeepsFieldsInPlace) {
  const nn::Plan plan = nn::make_plan(
      {{1, 9, 9},
       2,
       {nn::Conv2d{.out_channels = 2, .kernel_size = {5, 3}, .padding = {2, 0}}, nn::AdaptiveAvgPool2d{}}});
  // (The pooling is fused with the unit: its one value lies in the middle.)
  EXPECT_EQ(reach_of(plan, 0).rows.first, 4);
  EXPECT_EQ(reach_of(plan, 0).columns.first, 4);
}

TEST(Inside, DilationWidensFields) {
  const nn::Conv2d dilated{.out_channels = 2, .kernel_size = {3, 3}, .padding = {2, 0}, .dilation = {2, 3}};
  const nn::Plan plan = nn::make_plan({{1, 9, 9}, 2, {dilated, nn::Relu{}, nn::AdaptiveAvgPool2d{}}},
                                      nn::GlobalPooling::kApart);
  EXPECT_EQ(reach_of(plan, 0).rows.field, 5);
  EXPECT_EQ(reach_of(plan, 0).rows.first, 0);
  EXPECT_EQ(reach_of(plan, 0).columns.field, 7);
  EXPECT_EQ(reach_of(plan, 0).columns.first, 3);
}

TEST(Inside, EvidenceIsReadWhereThereIsStillAPlace) {
  EXPECT_EQ(evidence_unit(plan_of("step1")), 3U);
  EXPECT_EQ(evidence_unit(plan_of("step5")), 3U);
  EXPECT_EQ(evidence_unit(nn::make_plan({{1, 4, 4}, 2, {nn::Flatten{}, nn::Linear{.out_features = 2}}})),
            std::nullopt);
}

// What a global pooling averages is still at its place: it is shown, and the evidence is read there.
TEST(Inside, AGlobalPoolingHidesNothingOfTheUnitBeforeIt) {
  const nn::ModelSpec model{
      {1, 8, 8},
      2,
      {nn::Conv2d{.out_channels = 3, .kernel_size = {3, 3}}, nn::Relu{}, nn::MaxPool2d{{2, 2}},
       nn::Conv2d{.out_channels = 2, .kernel_size = {2, 2}}, nn::Relu{}, nn::AdaptiveAvgPool2d{}}};
  const nn::Plan fused = nn::make_plan(model);
  const nn::Plan apart = nn::make_plan(model, nn::GlobalPooling::kApart);
  EXPECT_EQ(fused.units.size(), 2U);
  ASSERT_EQ(apart.units.size(), 3U);
  EXPECT_EQ(places_of(apart.units[1]), (nn::Shape{2, 2, 2}));
  EXPECT_EQ(evidence_unit(fused), 0U);
  EXPECT_EQ(evidence_unit(apart), 1U);
  const nn::Weights weights = nn::initial_weights(fused, 1);
  const auto x = ramps(8);
  const nn::Trace one(fused, weights, x.data());
  const nn::Trace other(apart, weights, x.data());
  EXPECT_TRUE(std::ranges::equal(one.output(1), other.output(2)));
  const std::vector<uint8_t> classes{0, 1};
  EXPECT_EQ(one.gradient(0, classes), other.gradient(0, classes));
  EXPECT_EQ(reach_of(fused, 1).rows.first, reach_of(apart, 2).rows.first);
}

// A model that looks only at the upper left corner finds its evidence there.
TEST(Inside, EvidenceLiesWhereTheModelLooks) {
  const nn::Plan plan =
      nn::make_plan({{1, 8, 8},
                     2,
                     {nn::Conv2d{.out_channels = 1, .kernel_size = {3, 3}, .padding = {1, 1}, .bias = false},
                      nn::Relu{}, nn::Conv2d{.out_channels = 2, .kernel_size = {8, 8}, .bias = false}}});
  nn::Weights weights = nn::initial_weights(plan, 1);
  std::fill(weights.parameters.begin(), weights.parameters.end(), 0.0F);
  weights.parameters[4] = 1;                                     // the first convolution passes the image on
  for (size_t i = 0; i < 2; ++i) weights.parameters[9 + i] = 1;  // class 0: its first two pixels
  AlignedBuffer<float> x(kernels::block_floats(1, 8, 8));
  for (float& value : x.span()) value = 1;
  const nn::Trace trace(plan, weights, x.data());
  const std::vector<uint8_t> classes = {0, 1};
  const auto maps = evidence(plan, trace, 0, classes);
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(*std::max_element(maps[0].begin(), maps[0].end()), 1);
  EXPECT_EQ(std::max_element(maps[0].begin(), maps[0].end()) - maps[0].begin(), 0);
  EXPECT_LT(maps[0][63], 1e-6);
  EXPECT_EQ(*std::max_element(maps[1].begin(), maps[1].end()), 0);
}

TEST(Inside, ExamplesAreTheFirstOfEveryClass) {
  const std::vector<uint8_t> labels{2, 0, 2, 3, 0, 3, 255};
  EXPECT_THAT(example_images(labels, 4), ElementsAre(1, 0, 3, 6));
  EXPECT_EQ(classes_with_images(labels), 4U);
}

TEST(Inside, ExamplesOfManyClassesAreSpreadOverThem) {
  std::vector<uint8_t> labels;  // 100 to 131, and again
  for (int image = 0; image < 64; ++image) labels.push_back(static_cast<uint8_t>(100 + image % 32));
  const auto examples = example_images(labels, 16);
  ASSERT_EQ(examples.size(), 16U);
  for (size_t i = 0; i < examples.size(); ++i) EXPECT_EQ(examples[i], 2 * i);
}

// A linear layer after a flatten and a convolution over the whole image are the same weights and the same
// bits.
TEST(Inside, AFlattenHidesNothingOfTheUnitBeforeIt) {
  const auto plan_with = [](std::vector<nn::LayerSpec> end) {
    std::vector<nn::LayerSpec> layers{
        nn::Conv2d{.out_channels = 8, .kernel_size = {3, 3}}, nn::Relu{}, nn::MaxPool2d{{2, 2}},
        nn::Conv2d{.out_channels = 12, .kernel_size = {3, 3}, .padding = {1, 1}}, nn::Relu{}};
    layers.insert(layers.end(), end.begin(), end.end());
    return nn::make_plan({{1, 28, 28}, 10, layers});
  };
  const nn::Plan flat = plan_with({nn::Flatten{}, nn::Linear{.out_features = 10}});
  const nn::Plan covering = plan_with({nn::Conv2d{.out_channels = 10, .kernel_size = {13, 13}}});
  EXPECT_EQ(places_of(flat.units[1]), (nn::Shape{12, 13, 13}));
  ASSERT_EQ(evidence_unit(flat), 1U);
  ASSERT_EQ(evidence_unit(covering), 1U);
  const nn::Weights weights = nn::initial_weights(flat, 1);
  const auto x = ramps(28);
  const nn::Trace one(flat, weights, x.data());
  const nn::Trace other(covering, weights, x.data());
  const std::vector<uint8_t> classes{3, 7};
  EXPECT_EQ(evidence(flat, one, 1, classes), evidence(covering, other, 1, classes));
  const auto channels = most_active_channels(flat, one, 1, 2, 12);
  EXPECT_EQ(channels.size(), 12U);
  const auto grid = activation_grid(flat, one, 1, 2, channels);
  EXPECT_EQ(grid.pixels, activation_grid(covering, other, 1, 2, channels).pixels);
  EXPECT_EQ(grid.height, 2 * 14 + 1);
}

TEST(Inside, OfManyChannelsTheMostActiveAreShown) {
  const nn::Plan plan = nn::make_plan({{1, 4, 4},
                                       2,
                                       {nn::Conv2d{.out_channels = 5, .kernel_size = {1, 1}, .bias = false},
                                        nn::Flatten{}, nn::Linear{.out_features = 2}}});
  nn::Weights weights = nn::initial_weights(plan, 1);
  const std::vector<float> channels{.1F, -3, .2F, 2, .3F};
  std::copy(channels.begin(), channels.end(), weights.parameters.begin());
  AlignedBuffer<float> x(kernels::block_floats(1, 4, 4));
  for (float& value : x.span()) value = 1;
  const nn::Trace trace(plan, weights, x.data());
  EXPECT_THAT(most_active_channels(plan, trace, 0, 1, 3), ElementsAre(1, 3, 4));
  EXPECT_THAT(most_active_channels(plan, trace, 0, 1, 9), ElementsAre(0, 1, 2, 3, 4));
}

TEST(LearningRates, ShowAWarmUpWithinTheFirstEpoch) {
  optim::Training training;
  training.epochs = 2;
  training.optimizer = optim::Sgd{.lr = 0.5};
  EXPECT_THAT(learning_rates(training, 10, 2), ElementsAre(std::pair(0.0, 0.5), std::pair(2.0, 0.5)));
  training.lr_warmup = optim::LrWarmup{.start_factor = 0.2, .total_iters = 4};
  const Points points = learning_rates(training, 10, 2);
  ASSERT_GE(points.size(), 6U);
  EXPECT_EQ(points.front(), std::pair(0.0, 0.1));
  EXPECT_EQ(points[2].first, 0.2);
  EXPECT_NEAR(points[2].second, 0.3, 1e-12);
  EXPECT_EQ(points.back(), std::pair(2.0, 0.5));
  EXPECT_EQ(learning_rate(training, 10, 0), 0.1);
  EXPECT_EQ(learning_rate(training, 10, 10), 0.5);
}

TEST(LearningRates, OfLongTrainingsAreThinned) {
  optim::Training training;
  training.epochs = 1000;
  training.lr_scheduler = optim::ExponentialLr{.gamma = 0.999};
  const Points points = learning_rates(training, 469, 1000);
  EXPECT_LT(points.size(), 1100U);
  EXPECT_EQ(points.back().first, 1000);
}

TEST(Colour, DivergesFromWhite) {
  EXPECT_GT(diverging(1).red, diverging(1).blue);
  EXPECT_GT(diverging(-1).blue, diverging(-1).red);
  EXPECT_EQ(diverging(0).red, diverging(0).blue);
}

constexpr int kSide = 12;

// Bars at a height that is the class.
data::Split bars(int count) {
  data::Split split{
      count, kSide, kSide, std::vector<uint8_t>(static_cast<size_t>(count) * kSide * kSide), {}};
  for (int image = 0; image < count; ++image) {
    const int label = image % 3;
    split.labels.push_back(static_cast<uint8_t>(label));
    for (int column = 0; column < kSide; ++column)
      split.pixels[static_cast<size_t>((image * kSide + 2 + 3 * label) * kSide + column)] = 255;
  }
  return split;
}

recipe::Recipe bar_recipe(const std::string& name) {
  recipe::Recipe recipe;
  recipe.name = name;
  recipe.title = "Title of " + name;
  recipe.targets = {{"few <parameters>", recipe::Metric::kParams, recipe::Comparison::kBelow, 1000.0}};
  recipe.dataset.name = "./bars";
  recipe.augment = {data::RandomRotation{10, 1}};
  recipe.model = {{1, kSide, kSide},
                  3,
                  {nn::Conv2d{.out_channels = 4, .kernel_size = {3, 3}}, nn::BatchNorm2d{}, nn::Relu{},
                   nn::MaxPool2d{{2, 2}}, nn::Conv2d{.out_channels = 3, .kernel_size = {5, 5}}}};
  recipe.training.epochs = 2;
  recipe.training.batch_size = 16;
  recipe.training.optimizer = optim::Sgd{.lr = 0.05};
  return recipe;
}

class ReportTest : public testing::Test {
 protected:
  fs::path train(recipe::Recipe recipe) {
    const fs::path path = folder_.path() / recipe.name;
    ladder::run_recipe(recipe, data_, pool_, {path}, nullptr, {});
    return path;
  }

  std::string report_on(const std::vector<fs::path>& folders, bool as_ladder = false, Images images = {}) {
    std::vector<StoredRun> runs;
    for (const fs::path& folder : folders) runs.push_back(load_run(folder));
    if (images.problem.empty()) images.data = &data_;
    return make_report(std::move(runs), as_ladder, {{"./bars", images}}, pool_);
  }

  data::Dataset data_{"./bars", 3, {}, bars(64), bars(32)};
  ThreadPool pool_{1};
  TemporaryFolder folder_;
};

TEST_F(ReportTest, ARunReadsBackAsItWasWritten) {
  auto recipe = bar_recipe("run");
  recipe.seed = 11;
  const fs::path path = folder_.path() / "run";
  const auto outcome = ladder::run_recipe(recipe, data_, pool_, {path}, nullptr, {});
  const StoredRun run = load_run(path);
  EXPECT_TRUE(run.finished);
  EXPECT_EQ(run.recipe, outcome.recipe);
  EXPECT_EQ(train::to_json(run.record), train::to_json(outcome.record));

  fs::remove(path / "result.json");
  const StoredRun unfinished = load_run(path);
  EXPECT_FALSE(unfinished.finished);
  EXPECT_EQ(unfinished.record.epochs.size(), 2U);
  EXPECT_EQ(unfinished.record.params, outcome.record.params);
  EXPECT_EQ(train::to_json(unfinished.record.epochs[1]), train::to_json(outcome.record.epochs[1]));
}

TEST_F(ReportTest, ARecordOfAnotherRunIsADataError) {
  const fs::path run = train(bar_recipe("run"));
  auto recipe = bar_recipe("other");
  recipe.seed = 2;
  fs::copy_file(train(recipe) / "result.json", run / "result.json", fs::copy_options::overwrite_existing);
  EXPECT_THROW(load_run(run), DataError);
}

TEST_F(ReportTest, ALaddersStepsComeInOrderThoseWithoutAnEpochLeftOut) {
  std::vector<recipe::Recipe> steps;
  for (const char* name : {"c", "a", "gone", "b"}) steps.push_back(bar_recipe(name));
  for (const char* name : {"b", "a", "c"}) train(bar_recipe(name));
  ladder::write_steps(folder_.path(), steps);
  const std::vector<fs::path> folders = {folder_.path()};
  EXPECT_THAT(find_runs(folders),
              ElementsAre(folder_.path() / "c", folder_.path() / "a", folder_.path() / "b"));
  for (const char* name : {"b", "a", "c"}) fs::remove_all(folder_.path() / name);
  EXPECT_THROW(find_runs(folders), UsageError);
  const std::vector<fs::path> nowhere = {folder_.path() / "none"};
  EXPECT_THROW(find_runs(nowhere), UsageError);
}

TEST(StoredRuns, AreToldApart) {
  std::vector<StoredRun> runs;
  for (const char* folder : {"seeds/1/", "seeds/2", "again/2", "other"})
    runs.push_back({.folder = folder, .name = "step", .recipe = {}, .record = {}});
  runs.back().name = "another";
  tell_apart(runs);
  std::vector<std::string> names;
  for (const StoredRun& run : runs) names.push_back(run.name);
  EXPECT_THAT(names, ElementsAre("1", "seeds/2", "again/2", "another"));
}

TEST_F(ReportTest, ARunsPageShowsAllOfIt) {
  const std::string page = report_on({train(bar_recipe("run"))});
  for (const char* part :
       {"Title of run", "few &lt;parameters&gt;", "✓ met", "training loss", "The model", "Confusion",
        "reliability diagram", "First-layer filters", "What each unit puts out for one test image",
        "HiResCAM", "Augmentation", "Timing and machine"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("http-equiv=\"refresh\"")), Not(HasSubstr(" src=\"h")),
                          Not(HasSubstr("url("))));
}

TEST_F(ReportTest, WithoutImagesItShowsTheRecordAndSaysWhatIsMissing) {
  const fs::path path = train(bar_recipe("run"));
  const std::string page = report_on({path}, false, {nullptr, "no <such> folder"});
  EXPECT_THAT(page, AllOf(HasSubstr("The dataset ./bars is missing (no &lt;such&gt; folder)"),
                          HasSubstr("training loss"), HasSubstr("It "), Not(HasSubstr("Confusion"))));
  fs::remove(path / "checkpoint.safetensors");
  EXPECT_THAT(report_on({path}), AllOf(HasSubstr("The weights are missing"), Not(HasSubstr("Confusion"))));
}

TEST_F(ReportTest, OtherWeightsThanTheRecordsAreNoticed) {
  const fs::path path = train(bar_recipe("run"));
  EXPECT_THAT(report_on({path}), Not(HasSubstr("are not those that result.json records")));
  auto other = bar_recipe("other");
  other.seed = 2;
  fs::copy_file(train(other) / "checkpoint.safetensors", path / "checkpoint.safetensors",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(report_on({path}),
              AllOf(HasSubstr("The weights are not used"), HasSubstr("belongs to another recipe")));
}

TEST_F(ReportTest, ADamagedCheckpointIsARemark) {
  const fs::path path = train(bar_recipe("run"));
  fs::resize_file(path / "checkpoint.safetensors", 1000);
  EXPECT_THAT(report_on({path}), AllOf(HasSubstr("The weights are not used"), HasSubstr("training loss")));
}

TEST_F(ReportTest, TextFromFilesIsNeverMarkup) {
  auto recipe = bar_recipe("run");
  recipe.title = "<script>alert(1)</script>";
  recipe.description = "</p><img src=x onerror=alert(2)>";
  recipe.reference = {"<b>them</b>", 1, 2, 3, 4};
  recipe.targets[0].text = "\"><svg onload=alert(3)>";
  auto second = recipe;
  second.name = "<i>two<i> & \u2028";
  train(recipe);
  const fs::path one = folder_.path() / "run";
  ladder::run_recipe(second, data_, pool_, {folder_.path() / "two"}, nullptr, {});
  const fs::path two = folder_.path() / "two";
  for (const std::string& page : {report_on({one}), report_on({one, two}), report_on({one, two}, true)}) {
    EXPECT_THAT(page,
                AllOf(Not(HasSubstr("<script>alert")), Not(HasSubstr("<img src=x")),
                      Not(HasSubstr("<svg onload")), Not(HasSubstr("<b>them")), Not(HasSubstr("<i>two"))));
  }
}

TEST_F(ReportTest, TwoRunsAreComparedImageByImage) {
  const fs::path one = train(bar_recipe("one"));
  auto other = bar_recipe("two");
  other.training.optimizer = optim::Sgd{.lr = 1e-6};  // hardly learns
  const fs::path two = train(other);
  const auto labels = data_.test.labels;
  const Exhibit first = examine(load_run(one), {&data_, ""}, nullptr, pool_);
  const Exhibit second = examine(load_run(two), {&data_, ""}, nullptr, pool_);
  const auto test = compare(first, second);
  ASSERT_TRUE(test);
  EXPECT_EQ(test->p_value, ladder::mcnemar_p_value(test->only_first, test->only_second));
  ASSERT_GT(test->only_first, test->only_second);
  const std::string page = report_on({one, two});
  EXPECT_THAT(
      page,
      AllOf(HasSubstr("McNemar"),
            HasSubstr(escaped(ladder::p_value_text(test->p_value)) + " (exact, two-sided)"),
            HasSubstr("learning rate 0.05 → 1e-06"),
            HasSubstr(fmt::format("{} images that one gets right and two does not", test->only_first))));
  EXPECT_THAT(report_on({one, one}), HasSubstr("cannot be told apart"));
}

// JSON cannot hold NaN or infinity.
TEST_F(ReportTest, AModelThatSaysWhatIsNoNumberIsShownWithoutPredictions) {
  const fs::path path = train(bar_recipe("run"));
  const nn::Plan plan = nn::make_plan(bar_recipe("run").model);
  const std::string recipe_toml = recipe::to_toml(bar_recipe("run"));
  nn::Weights weights = train::load_weights(plan, path / "checkpoint.safetensors", recipe_toml);
  std::fill(weights.parameters.begin(), weights.parameters.end(), std::numeric_limits<float>::quiet_NaN());
  train::SafeTensors tensors = train::to_safetensors(plan, weights);
  tensors.metadata = {{train::kRecipeHash, train::origin_of(recipe_toml, "").recipe_sha256},
                      {train::kWeightsHash, nn::weights_sha256(weights)}};
  train::write_safetensors(path / "checkpoint.safetensors", tensors);
  const std::string page = report_on({path});
  EXPECT_THAT(page, AllOf(HasSubstr("is not a finite number"), Not(HasSubstr("Confusion"))));
  const size_t data = page.find("<script type=\"application/json\"");
  EXPECT_EQ(page.substr(data, page.find("</script>", data) - data).find("null"), std::string::npos);
}

TEST_F(ReportTest, AValidationSplitIsShown) {
  auto recipe = bar_recipe("split");
  recipe.dataset.validation = 16;
  recipe.augment.emplace_back(data::RandomErasing{.p = 1});
  EXPECT_THAT(report_on({train(recipe)}),
              AllOf(HasSubstr("chosen on the validation images"), HasSubstr("test, at the best validation"),
                    HasSubstr("validation accuracy, %"), HasSubstr(R"("label":"validation")")));
}

recipe::Recipe with_classes(const std::string& name, int classes) {
  auto recipe = bar_recipe(name);
  recipe.model.classes = classes;
  std::get<nn::Conv2d>(recipe.model.layers.back()).out_channels = classes;
  recipe.training.epochs = 1;
  return recipe;
}

TEST_F(ReportTest, OfManyClassesThePairsAndTheFiguresOfEachAreListed) {
  for (const int classes : {62, 256}) {
    data_.classes = classes;
    for (data::Split* split : {&data_.train, &data_.test})
      for (size_t i = 0; i < split->labels.size(); ++i)
        split->labels[i] = static_cast<uint8_t>(classes - 1 - static_cast<int>(i) % 31);
    const std::string page = report_on({train(with_classes(fmt::format("many{}", classes), classes))});
    EXPECT_THAT(page, AllOf(HasSubstr("of classes that the model confuses most often"),
                            HasSubstr("The figures of every class"), HasSubstr("16 of the 31 classes"),
                            HasSubstr(fmt::format("evidence for class {}", classes - 2)),
                            Not(HasSubstr("class=\"confusion"))));
  }
}

TEST_F(ReportTest, TheMatrixLeavesOutClassesThatDoNotOccurAndNamesItsAxes) {
  data_.classes = 63;
  for (data::Split* split : {&data_.train, &data_.test})
    for (uint8_t& label : split->labels) label = static_cast<uint8_t>(label + 60);
  EXPECT_THAT(
      report_on({train(with_classes("gap", 63))}),
      AllOf(HasSubstr("class=\"confusion"), HasSubstr(">true class</th>"), HasSubstr(">predicted class</th>"),
            HasSubstr("<th class=\"row\">62</th>"), Not(HasSubstr("<th class=\"row\">59</th>")),
            HasSubstr("the balanced accuracy, is"), HasSubstr("each of the 3 classes")));
}

TEST(Exhibits, ClassesHaveTheNamesOfTheirDataset) {
  Exhibit exhibit;
  exhibit.run.recipe.dataset.name = "fashion_mnist";
  EXPECT_EQ(class_name(exhibit, 9), "Ankle boot");
  exhibit.run.recipe.dataset.name = "mnist";
  EXPECT_EQ(class_name(exhibit, 9), "9");
  exhibit.run.recipe.dataset.class_names = {"none", "<some>"};
  EXPECT_EQ(class_name(exhibit, 1), "<some>");
  EXPECT_EQ(class_name(exhibit, 2), "2");
}

TEST_F(ReportTest, APageCallsClassesByTheirNames) {
  auto recipe = bar_recipe("fashion");
  recipe.dataset.name = "fashion_mnist";
  recipe.model = {{1, 28, 28},
                  10,
                  {nn::Conv2d{.out_channels = 2, .kernel_size = {3, 3}}, nn::Relu{}, nn::Flatten{},
                   nn::Linear{.out_features = 10}}};
  data::Split split{20, 28, 28, std::vector<uint8_t>(size_t{20} * 28 * 28), {}};
  for (int image = 0; image < split.count; ++image) split.labels.push_back(static_cast<uint8_t>(image % 10));
  const data::Dataset data{"fashion_mnist", 10, {}, split, split};
  const fs::path path = folder_.path() / "fashion";
  ladder::run_recipe(recipe, data, pool_, {path}, nullptr, {});
  const std::string page = make_report({load_run(path)}, false, {{"fashion_mnist", {&data, ""}}}, pool_);
  EXPECT_THAT(
      page, AllOf(HasSubstr("<th class=\"name\">Trouser</th>"), HasSubstr("<th class=\"row\">Pullover</th>"),
                  HasSubstr("evidence for class T-shirt/top")));
}

TEST_F(ReportTest, OtherDataThanTheRunsIsNoticed) {
  const fs::path path = train(bar_recipe("run"));
  EXPECT_THAT(report_on({path}), Not(HasSubstr("no longer holds the images and labels")));
  for (uint8_t& label : data_.test.labels) label = static_cast<uint8_t>((label + 1) % 3);
  const auto says = AllOf(HasSubstr("./bars no longer holds the images and labels"),
                          HasSubstr("Computed from the present data of ./bars"),
                          HasSubstr("The run recorded a test accuracy of"));
  EXPECT_THAT(report_on({path}), says);
  const fs::path after = train(bar_recipe("after"));
  EXPECT_THAT(report_on({path, after}),
              AllOf(HasSubstr("The two runs were tested on different images or labels"),
                    HasSubstr("Computed from the present data")));
  EXPECT_THAT(report_on({path, after}, /*as_ladder=*/true), HasSubstr("run: ./bars no longer holds"));
}

TEST_F(ReportTest, ModelsOfEveryShapeHaveAPage) {
  using nn::Flatten, nn::Linear;
  const std::vector<nn::ModelSpec> models = {
      {{1, 1, 1}, 2, {Flatten{}, Linear{.out_features = 2}}},
      {{1, 3, 40},
       2,
       {nn::Conv2d{.out_channels = 40, .kernel_size = {3, 5}}, nn::Relu{}, nn::AdaptiveAvgPool2d{}, Flatten{},
        Linear{.out_features = 2}}},
      {{1, 70, 1}, 5, {Flatten{}, Linear{.out_features = 7}, nn::Relu{}, Linear{.out_features = 5}}},
      {{1, 9, 9},
       3,
       {nn::Conv2d{.out_channels = 40, .kernel_size = {3, 3}, .padding = {1, 1}}, nn::Relu{},
        nn::Conv2d{.out_channels = 40, .kernel_size = {3, 3}, .padding = {1, 1}, .groups = 40},
        nn::Add{.from = -2}, nn::Relu{}, Flatten{}, Linear{.out_features = 5}, nn::Relu{},
        Linear{.out_features = 3}}}};
  for (const nn::ModelSpec& model : models) {
    auto recipe = bar_recipe("shape");
    recipe.model = model;
    recipe.augment.clear();
    recipe.training.epochs = 1;
    const int height = model.input.height;
    const int width = model.input.width;
    const auto split = [&](int count) {
      return data::Split{
          count, height, width,
          std::vector<uint8_t>(static_cast<size_t>(count) * static_cast<size_t>(height * width), 9),
          std::vector<uint8_t>(static_cast<size_t>(count), 1)};
    };
    const data::Dataset data{"./bars", 2, {}, split(32), split(20)};
    const fs::path path = folder_.path() / fmt::format("shape-{}-{}", height, width);
    ladder::run_recipe(recipe, data, pool_, {path}, nullptr, {});
    const std::string page = make_report({load_run(path)}, false, {{"./bars", {&data, ""}}}, pool_);
    EXPECT_THAT(page, AllOf(HasSubstr("The model"), HasSubstr("Confusion"), HasSubstr("Calibration"),
                            HasSubstr("Activations"), HasSubstr("Evidence")));
    const char* said = height == 1    ? "No layer of this model puts out"
                       : height == 70 ? "Images of more than 64 pixels a side are not shown"
                                      : "most active channels";
    EXPECT_THAT(page, HasSubstr(said)) << height;
  }
}

TEST_F(ReportTest, RunsOfOtherDatasetsAreNotCompared) {
  const fs::path one = train(bar_recipe("one"));
  auto recipe = bar_recipe("two");
  recipe.dataset.name = "./others";
  const fs::path two = train(recipe);
  const Shelf shelf{{"./bars", {&data_, ""}}, {"./others", {&data_, ""}}};
  EXPECT_THROW(make_report({load_run(one), load_run(two)}, false, shelf, pool_), UsageError);
}

TEST_F(ReportTest, AStepIsSetAgainstTheOneBefore) {
  auto second = bar_recipe("second");
  second.model.layers.insert(second.model.layers.begin() + 1, nn::Dropout{0.2});
  const std::string page = report_on({train(bar_recipe("first")), train(second)}, /*as_ladder=*/true);
  EXPECT_THAT(page, Not(HasSubstr(">notebook: last<")));  // a column with nothing in it
  EXPECT_THAT(page, AllOf(HasSubstr("Ladder of 2 steps"), HasSubstr("What changed from first"),
                          HasSubstr("+1 dropout p 0.2"), HasSubstr("McNemar")));
}

}  // namespace
}  // namespace rung::report
