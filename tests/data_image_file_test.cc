// Image files of all kinds, and folders of them.
#include "data/image_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data_test_files.h"

namespace rung::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(RUNG_SOURCE_DIR) / "tests/golden/images" / name;
}

std::string error_of(const std::filesystem::path& file) {
  try {
    read_images(file);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ImageFile, IsKnownByItsContent) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.gif";
  std::filesystem::copy_file(golden("grey.jpg"), file);
  const auto [jpeg, jpeg_is_single] = read_images(file);
  EXPECT_TRUE(jpeg_is_single);
  EXPECT_EQ(jpeg.count, 1);
  EXPECT_EQ(jpeg.pixels, read_images(golden("grey.png")).images.pixels);
  for (const auto& bytes :
       {idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 6}), gzip_bytes(idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 6}))}) {
    write_bytes(file, bytes);
    const auto [images, is_single] = read_images(file);
    EXPECT_FALSE(is_single);
    EXPECT_EQ(images.count, 2);
    EXPECT_EQ(images.height, 1);
    EXPECT_EQ(images.width, 3);
    EXPECT_THAT(images.pixels, ElementsAre(1, 2, 3, 4, 5, 6));
  }
}

// IDX files have the channels of a place side by side, images in memory have planes.
TEST(ImageFile, HasTheChannelsThatAreAskedFor) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "colours.idx";
  write_bytes(file, idx_bytes({2, 1, 2, 3}, {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9}));
  const ImageStack colours = read_images(file, 3).images;
  EXPECT_EQ(colours.channels, 3);
  EXPECT_THAT(colours.pixels, ElementsAre(255, 0, 0, 255, 0, 0, 0, 9, 0, 9, 255, 9));
  EXPECT_THAT(read_images(file).images.pixels, ElementsAre(76, 150, 29, 9));
  write_bytes(file, idx_bytes({1, 1, 2}, {1, 2}));
  EXPECT_THAT(read_images(file, 3).images.pixels, ElementsAre(1, 2, 1, 2, 1, 2));
}

TEST(ImageFile, SaysWhatItCannotRead) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.png";
  EXPECT_THAT(error_of(file), HasSubstr("a.png: No such file"));
  for (const auto& bytes : {std::vector<std::byte>{}, std::vector<std::byte>(1), gzip_bytes({}),
                            std::vector<std::byte>(40, std::byte{'G'})}) {
    write_bytes(file, bytes);
    EXPECT_THAT(error_of(file), HasSubstr("neither a PNG, a JPEG nor an IDX file"));
  }
  write_bytes(file, idx_bytes({3}, {1, 2, 3}));
  EXPECT_THAT(error_of(file), HasSubstr("expected 3 dimensions (images, height, width), found 1"));
  write_bytes(file, idx_bytes({1, 5000, 1}, std::vector<uint8_t>(5000)));
  EXPECT_THAT(error_of(file), HasSubstr("5000 x 1 pixels"));
}

TEST(ImageFile, FoldersGiveTheirImagesByName) {
  const TemporaryFolder folder;
  for (const char* name : {"b.PNG", "a.jpeg", "c.jpg", "notes.txt", ".hidden.png", "images-idx3-ubyte"})
    write_bytes(folder.path() / name, {});
  std::filesystem::create_directory(folder.path() / "d.png");
  EXPECT_THAT(image_files_in(folder.path()),
              ElementsAre(folder.path() / "a.jpeg", folder.path() / "b.PNG", folder.path() / "c.jpg"));
  EXPECT_THROW(image_files_in(folder.path() / "missing"), IoError);
}

}  // namespace
}  // namespace rung::data
