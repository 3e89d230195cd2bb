// Files of tensors: a written file reads back the same, and a damaged one is refused.
#include "train/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/file.h"

namespace rung {
namespace {

class SafeTensorsTest : public ::testing::Test {
 protected:
  SafeTensorsTest() { std::filesystem::create_directories(folder_); }
  ~SafeTensorsTest() override { std::filesystem::remove_all(folder_); }

  static train::SafeTensors tensors() {
    train::SafeTensors tensors;
    tensors.metadata = {{"epoch", "3"}, {"quoted", "a \"b\" \\ \n \xC3\xA9"}};
    tensors.floats["0.weight"] = {{2, 1, 3}, {0, -0.0F, 1e-45F, -3.4e38F, 0.1F, INFINITY}};
    tensors.floats["scalar"] = {{}, {42}};
    tensors.floats["nothing"] = {{0, 5}, {}};
    tensors.bytes["order"] = {{3}, {0, 128, 255}};
    return tensors;
  }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("rung_safetensors_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::filesystem::path path_ = folder_ / "t.safetensors";
};

TEST_F(SafeTensorsTest, GivesBackWhatWasWritten) {
  const train::SafeTensors written = tensors();
  write_safetensors(path_, written);
  const train::SafeTensors found = train::read_safetensors(path_);
  EXPECT_EQ(found.metadata, written.metadata);
  ASSERT_EQ(found.floats.size(), written.floats.size());
  for (const auto& [name, tensor] : written.floats) {
    EXPECT_EQ(found.floats.at(name).shape, tensor.shape) << name;
    EXPECT_EQ(found.floats.at(name).values, tensor.values) << name;
  }
  EXPECT_TRUE(std::signbit(found.floats.at("0.weight").values[1]));
  ASSERT_EQ(found.bytes.size(), 1U);
  EXPECT_EQ(found.bytes.at("order").shape, written.bytes.at("order").shape);
  EXPECT_EQ(found.bytes.at("order").values, written.bytes.at("order").values);
}

TEST_F(SafeTensorsTest, EveryTruncationAndAnExtraByteAreRefused) {
  write_safetensors(path_, tensors());
  const std::string whole = read_text_file(path_, 1 << 20);
  for (size_t size = 0; size <= whole.size() + 1; ++size) {
    if (size == whole.size()) continue;
    std::string part = whole + '\0';
    part.resize(size);
    std::ofstream(path_, std::ios::binary) << part;
    EXPECT_THROW(train::read_safetensors(path_), DataError) << "after " << size << " of " << whole.size();
  }
}

// Two bytes of data: each header's ranges add up to two, but only the first's are consecutive.
// A header may be padded with spaces, not with zeros.
TEST_F(SafeTensorsTest, ZerosBehindTheHeaderAreRefused) {
  write_safetensors(path_, tensors());
  const std::string whole = read_text_file(path_, 1 << 20);
  uint64_t size = 0;
  std::memcpy(&size, whole.data(), sizeof size);
  for (const char padding : {' ', '\0'}) {
    std::string padded = whole;
    padded.insert(sizeof size + size, 8, padding);
    const uint64_t longer = size + 8;
    std::memcpy(padded.data(), &longer, sizeof longer);
    std::ofstream(path_, std::ios::binary) << padded;
    if (padding == ' ') {
      EXPECT_EQ(train::read_safetensors(path_).metadata, tensors().metadata);
    } else {
      EXPECT_THROW(train::read_safetensors(path_), DataError);
    }
  }
}

TEST_F(SafeTensorsTest, OverlapsAndGapsAreRefused) {
  const auto read = [&](const std::string& second) {
    std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)" + second + "}";
    const uint64_t size = header.size();
    std::ofstream(path_, std::ios::binary)
        << std::string(reinterpret_cast<const char*>(&size), sizeof(size)) << header << "xy";
    return train::read_safetensors(path_);
  };
  EXPECT_EQ(read(R"("b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]})").bytes.size(), 2U);
  EXPECT_THROW(read(R"("b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})"), DataError);
  EXPECT_THROW(read(R"("b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]})"), DataError);
  EXPECT_THROW(read(R"("b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})"), DataError);
}

}  // namespace
}  // namespace rung
