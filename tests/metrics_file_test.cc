// metrics.jsonl: it grows by a line per epoch, and a checkpoint repairs what a kill leaves.
#include "train/metrics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "data_test_files.h"

namespace rung::train {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int kMany = 3 * kMostRecentEpochs + 7;

EpochRecord record(int epoch) {
  EpochRecord record;
  record.epoch = epoch;
  record.train_loss = 1.0 / epoch;
  record.weights_sha256 = std::string(64, 'a');
  return record;
}

class MetricsFileTest : public ::testing::Test {
 protected:
  MetricsFileTest() {
    for (int epoch = 1; epoch <= kMany; ++epoch) {
      all_.push_back(record(epoch));
      lines_.push_back(to_json_lines(std::span(&all_.back(), 1)));
    }
  }

  std::string text_of(int epochs) const {
    std::string text;
    for (int epoch = 0; epoch < epochs; ++epoch) text += lines_[static_cast<size_t>(epoch)];
    return text;
  }

  std::string content() const { return read_text_file(file_, 1 << 20); }
  void put(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }

  data::TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "metrics.jsonl";
  std::vector<EpochRecord> all_;
  std::vector<std::string> lines_;
};

TEST_F(MetricsFileTest, ACheckpointHoldsTheNewestEpochsAndTheHashOfTheOthers) {
  MetricsFile metrics(file_);
  for (int epoch = 1; epoch <= kMany; ++epoch) {
    metrics.add(all_[static_cast<size_t>(epoch) - 1]);
    const SavedEpochs& saved = metrics.saved();
    const std::string settled = text_of(saved.settled);
    ASSERT_EQ(settled + saved.recent, text_of(epoch));
    ASSERT_LE(epoch - saved.settled, kMostRecentEpochs);
    ASSERT_TRUE(saved.settled == 0 || epoch - saved.settled > kMostRecentEpochs / 2) << epoch;
    ASSERT_EQ(saved.settled_bytes, settled.size());
    if (saved.settled > 0) {
      ASSERT_EQ(saved.settled_sha256, sha256_hex(std::as_bytes(std::span(settled))));
      ASSERT_TRUE(content().starts_with(settled)) << "the disk must have what a checkpoint leaves out";
    }
    metrics.write();
    ASSERT_EQ(content(), text_of(epoch));
  }
}

// A kill before the line, within the line or after it, and a checkpoint that is older than the file: the
// checkpoint repairs the file, and the run continues with the same lines.
TEST_F(MetricsFileTest, WhatAKillLeavesIsRepaired) {
  MetricsFile metrics(file_);
  for (int epoch = 1; epoch <= kMany; ++epoch) {
    metrics.add(all_[static_cast<size_t>(epoch) - 1]);
    const SavedEpochs saved = metrics.saved();
    metrics.write();
    if (epoch % 49 > 2) continue;
    const std::string before = text_of(epoch - 1);
    for (const std::string& left : {before, before + lines_[static_cast<size_t>(epoch) - 1].substr(0, 20),
                                    text_of(epoch), text_of(kMany), text_of(epoch) + "{half"}) {
      put(left);
      MetricsFile again(file_);
      again.restore(saved);
      EXPECT_EQ(content(), text_of(epoch));
      EXPECT_EQ(to_json_lines(again.epochs()), text_of(epoch));
      for (int next = epoch + 1; next <= kMany; ++next) {
        again.add(all_[static_cast<size_t>(next) - 1]);
        again.write();
      }
      EXPECT_EQ(content(), text_of(kMany));
      EXPECT_EQ(again.saved().settled_bytes, text_of(again.saved().settled).size());
    }
    put(text_of(epoch));
  }
}

TEST_F(MetricsFileTest, WithoutTheSettledEpochsNothingIsBegun) {
  MetricsFile metrics(file_);
  for (const EpochRecord& epoch : all_) {
    metrics.add(epoch);
    metrics.write();
  }
  const SavedEpochs saved = metrics.saved();
  const auto message = [&] {
    try {
      MetricsFile(file_).restore(saved);
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  const std::string holds = "epochs 1 to " + std::to_string(saved.settled) + " are recorded only there";
  fs::remove(file_);
  EXPECT_THAT(message(), HasSubstr(holds));
  EXPECT_FALSE(fs::exists(file_));
  std::string changed = text_of(kMany);
  changed[20] = '7';
  for (const std::string& left : {std::string(), text_of(saved.settled - 1), changed}) {
    put(left);
    EXPECT_THAT(message(), HasSubstr(holds));
    EXPECT_EQ(content(), left) << "it may still be of use";
  }
}

// The file is repaired if someone changed it meanwhile, and nothing is written through links.
TEST_F(MetricsFileTest, AFileThatSomeoneChangedIsReplaced) {
  MetricsFile metrics(file_);
  int epoch = 0;
  const auto next = [&] {
    metrics.add(all_[static_cast<size_t>(epoch)]);
    metrics.write();
    EXPECT_EQ(content(), text_of(++epoch));
  };
  next();
  put("shorter");
  next();
  fs::remove(file_);
  next();
  const fs::path other = folder_.path() / "other";
  fs::create_hard_link(file_, other);
  next();
  EXPECT_EQ(read_text_file(other, 1 << 20), text_of(3));
  fs::rename(file_, other);
  fs::create_symlink(other, file_);
  next();
  EXPECT_EQ(read_text_file(other, 1 << 20), text_of(4));
}

// As docs/run-directory.md promises programs that follow a run.
TEST_F(MetricsFileTest, ItGrowsInPlace) {
  MetricsFile metrics(file_);
  const auto inode = [&] {
    struct stat status {};
    EXPECT_EQ(::stat(file_.c_str(), &status), 0);
    return status.st_ino;
  };
  metrics.add(all_[0]);
  metrics.write();
  const auto first = inode();
  for (size_t epoch = 1; epoch < all_.size(); ++epoch) {
    metrics.add(all_[epoch]);
    metrics.write();
  }
  EXPECT_EQ(inode(), first);
}

TEST_F(MetricsFileTest, AReaderTakesWholeLines) {
  put(text_of(3) + lines_[3].substr(0, lines_[3].size() - 1));
  EXPECT_EQ(read_metrics(file_).size(), 3U);
  put(lines_[0].substr(0, 7));
  EXPECT_TRUE(read_metrics(file_).empty());
}

}  // namespace
}  // namespace rung::train
