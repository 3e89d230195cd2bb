// The comparison of bench/ with peers that only pretend: shell scripts that print figures, or fail.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "bench/comparison.h"
#include "bench/comparison_table.h"
#include "bench/peer_task.h"
#include "bench/peers.h"
#include "bench/temporary_folder.h"
#include "recipe/recipe.h"

namespace rung::bench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Peer> parsed(const std::string& text) {
  const TemporaryFolder folder;
  replace_file(folder.path() / "peers.tsv", text);
  return read_peers(folder.path() / "peers.tsv");
}

TEST(Peers, AreLinesOfFieldsBetweenTabs) {
  const auto peers = parsed("a b\trun\t/a program\t--task\t{task}\nc\tmissing\tno cargo\n");
  ASSERT_EQ(peers.size(), 2U);
  EXPECT_EQ(peers[0].name, "a b");
  EXPECT_THAT(peers[0].command, ElementsAre("/a program", "--task", "{task}"));
  EXPECT_EQ(peers[1].missing, "no cargo");
  EXPECT_THAT(peers[1].command, ElementsAre());
}

TEST(Peers, OtherLinesAreRefused) {
  for (const char* line : {"a", "a\trun", "a\tmissing", "a\tmissing\tb\tc", "a\tstart\tb"})
    EXPECT_THROW(parsed(line), DataError) << line;
}

TEST(Peers, CommandHasStepAndTask) {
  const Peer peer{.name = "a", .command = {"a", "step{step}", "{task}/{task}"}, .missing = {}};
  EXPECT_THAT(command_for(peer, 3, "/t"), ElementsAre("a", "step3", "/t//t"));
  EXPECT_TRUE(need_task({peer}));
  EXPECT_FALSE(need_task({{.name = "b", .command = {"b", "{step}"}, .missing = {}}}));
}

// A program that prints figures of this speed.
std::vector<std::string> printing(const std::string& speed) {
  return {"/bin/sh", "-c",
          R"(echo "{\"version\": \"Fake 1.0\", \"images_per_second\": )" + speed +
              R"(, \"peak_rss_mib\": 7, \"first_batch_seconds\": 0.5}")"};
}

// Compares in step 2 alone with peers that are here, missing and failing.
Comparison fake_comparison(const TemporaryFolder& folder) {
  const auto rung = folder.path() / "rung";
  std::ofstream(rung) << "#!/bin/sh\necho '{\"images_per_second\": 300, \"peak_rss_mib\": 1, "
                         "\"first_batch_seconds\": 0.1, \"gflops\": 1, \"peak_gflops\": 2}'\n";
  std::filesystem::permissions(rung, std::filesystem::perms::owner_all);
  const ComparisonOptions options{
      .rung = rung.string(),
      .peers = {{.name = "here", .command = printing("100"), .missing = {}},
                {.name = "absent", .command = {}, .missing = "cargo was not found"},
                {.name = "failing", .command = {"/bin/sh", "-c", "echo no bf16 >&2; exit 3"}, .missing = {}}},
      .write_task = {},
      .tasks = {},
      .rounds = 2,
      .steps = {2},
      .ladder = false};
  return compare(options, {.on_progress = [](const std::string&) {}, .on_error = [](const std::string&) {}});
}

TEST(PeersComparison, TableNamesWhatIsMissingAndWhatFails) {
  const TemporaryFolder folder;
  const Comparison comparison = fake_comparison(folder);
  EXPECT_THAT(comparison.errors(), ElementsAre());
  const std::string table = comparison_table(comparison);
  EXPECT_THAT(table, testing::ContainsRegex("2  here +100 \\(100-100\\) +3.0 \\(3.0-3.0\\)"));
  EXPECT_THAT(table, testing::ContainsRegex("2  absent +missing +-"));
  EXPECT_THAT(table, testing::ContainsRegex("2  failing +failed +-"));
  EXPECT_THAT(table, HasSubstr("\nhere: Fake 1.0\n"));
  EXPECT_THAT(table, HasSubstr("\nabsent: missing: cargo was not found\n"));
  EXPECT_THAT(table, testing::ContainsRegex("\nfailing: failed in step 2: .*exit code 3: no bf16\n"));
}

TEST(PeersComparison, JsonNamesWhatIsMissingAndWhatFails) {
  const TemporaryFolder folder;
  const auto peers = to_json(fake_comparison(folder))["steps"][0]["peers"];
  EXPECT_EQ(peers["here"]["version"], "Fake 1.0");
  EXPECT_EQ(peers["here"]["rung_to_peer"]["median"], 3);
  EXPECT_EQ(peers["here"]["runs"].size(), 2U);
  EXPECT_EQ(peers["absent"]["missing"], "cargo was not found");
  EXPECT_THAT(peers["failing"]["error"].get<std::string>(), HasSubstr("no bf16"));
  EXPECT_FALSE(peers["failing"].contains("images_per_second"));
}

// Two images of 2x2 pixels in each split.
data::Dataset tiny_dataset() {
  const data::Split split{
      .count = 2, .height = 2, .width = 2, .pixels = {1, 2, 3, 4, 5, 6, 7, 8}, .labels = {0, 1}};
  return {.name = "tiny", .classes = 2, .train = split, .test = split};
}

TEST(PeerTask, HasTheResolvedRecipeAndTheBytes) {
  const TemporaryFolder folder;
  const auto recipe = recipe::parse(R"(
title = "tiny"
[dataset]
name = "mnist"
mean = 0.5
std = 0.25
[model]
layers = [{ stage = "s", repeat = 1 }]
[model.stages]
s = [{ type = "conv2d", out_channels = 10, kernel_size = 28, bias = false }]
[training]
epochs = 1
batch_size = 2
[optimizer]
type = "sgd"
)",
                                    "tiny.toml");
  write_peer_task(recipe, tiny_dataset(), folder.path());
  const auto task = nlohmann::json::parse(read_text_file(folder.path() / "task.json", 1 << 20));
  EXPECT_EQ(task["parameters"], 10 * 28 * 28);
  EXPECT_EQ(task["mean"], 0.5);
  EXPECT_EQ(task["side"], 2);
  EXPECT_EQ(task["recipe"]["model"]["layers"][0]["type"], "conv2d");
  EXPECT_EQ(read_text_file(folder.path() / "test_labels", 100), std::string("\0\1", 2));
  const std::string images = read_text_file(folder.path() / "train_images", 100);
  const std::string labels = read_text_file(folder.path() / "train_labels", 100);
  const bool in_order = labels == std::string("\0\1", 2);
  EXPECT_EQ(images, in_order ? "\1\2\3\4\5\6\7\10" : "\5\6\7\10\1\2\3\4");
}

TEST(PeerTask, ColourIsRefused) {
  data::Dataset dataset = tiny_dataset();
  dataset.train.channels = 3;
  EXPECT_THROW(write_peer_task({}, dataset, "unused"), UsageError);
}

// A peer must not train another model in silence.
TEST(PeerTask, WhatPeersDoNotHaveIsRefused) {
  const TemporaryFolder folder;
  const auto ladder_step = [](int step) {
    recipe::Recipe recipe = recipe::load(fmt::format(RUNG_SOURCE_DIR "/recipes/ladder/step{}.toml", step));
    recipe.dataset.mean = 0.5;
    recipe.dataset.std = 0.25;
    return recipe;
  };
  for (int step = 1; step <= 5; ++step) write_peer_task(ladder_step(step), tiny_dataset(), folder.path());
  recipe::Recipe strided = ladder_step(1);
  std::get<nn::Conv2d>(strided.model.layers.front()).stride = {2, 2};
  EXPECT_THROW(write_peer_task(strided, tiny_dataset(), folder.path()), UsageError);
  recipe::Recipe smooth = ladder_step(1);
  smooth.training.label_smoothing = 0.1;
  EXPECT_THROW(write_peer_task(smooth, tiny_dataset(), folder.path()), UsageError);
}

}  // namespace
}  // namespace rung::bench
