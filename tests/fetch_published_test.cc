// Datasets that are published in other forms than the four files: made ones, in each form, from a server of
// this test and from a folder, with their own checksums.
#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "base/sha256.h"
#include "data/dataset_description.h"
#include "fetch/fetch.h"
#include "import_testing.h"
#include "range_server.h"

namespace rung::fetch {
namespace {

using data::DatasetInfo;
using data::PublishedFile;
using data::PublishedFiles;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string sha256_of(const std::string& text) {
  return "sha256:" + sha256_hex(std::as_bytes(std::span(text)));
}

std::string md5_of(const std::string& text) {
  Md5 md5;
  md5.add(text);
  return "md5:" + md5.hex();
}

// The content in a file of one member, compressed.
std::string compressed(const std::string& content, int (*add_filter)(archive*)) {
  std::string bytes(1 << 20, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_raw(writer);
  add_filter(writer);
  EXPECT_EQ(archive_write_open_memory(writer, bytes.data(), bytes.size(), &used), ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  archive_write_free(writer);
  bytes.resize(used);
  return bytes;
}
std::string gzip(const std::string& content) {
  return compressed(content, &archive_write_add_filter_gzip);
}
std::string bzip2(const std::string& content) {
  return compressed(content, &archive_write_add_filter_bzip2);
}

std::string idx(const std::vector<uint32_t>& dims, const std::vector<uint8_t>& values) {
  return imports::text_of(data::idx_bytes(dims, values));
}

// An array of bytes as NumPy writes it.
std::string npy(const std::string& shape, const std::string& values) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize(118 - 1, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + values;
}

class Published : public testing::Test {
 protected:
  void SetUp() override {
    if (!server_.runs()) GTEST_SKIP() << "there is no python3 or no openssl to make a server";
  }

  // Puts a file on the server, which behaves so.
  void publish(const std::string& name, const std::string& content, const std::string& checksum,
               const std::string& mode = "plain") {
    server_.put(name, content);
    published().files.push_back({name, checksum, {server_.address(mode) + name}});
  }
  void publish(const std::string& name, const std::string& content) {
    publish(name, content, sha256_of(content));
  }
  PublishedFiles& published() { return info_.published.value(); }

  void describe(int height, int width, std::vector<std::string> class_names, int train, int test) {
    info_.height = height;
    info_.width = width;
    info_.classes = static_cast<int>(class_names.size());
    info_.class_names = std::move(class_names);
    info_.train_images = train;
    info_.test_images = test;
  }

  data::Dataset fetched(const FetchOptions& options = {}) {
    result_ = fetch_dataset(info_, root_, options);
    EXPECT_EQ(result_.folder, root_ / "made");
    EXPECT_THAT(entries(), ElementsAre("made"));
    return data::load_dataset(info_, root_ / "made");
  }
  std::string error_of(const FetchOptions& options = {}) {
    try {
      fetch_dataset(info_, root_, options);
    } catch (const Error& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
    return "no error";
  }
  // Of the data folder, hidden ones included.
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    if (!std::filesystem::exists(root_)) return names;
    for (const auto& entry : std::filesystem::directory_iterator(root_))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
  // A small KMNIST, in the four files compressed.
  void publish_kmnist(const std::string& mode = "plain") {
    const std::vector<std::pair<std::string, std::string>> files = {
        {"train-images-idx3-ubyte.gz", gzip(idx({3, 1, 2}, {1, 2, 3, 4, 5, 6}))},
        {"train-labels-idx1-ubyte.gz", gzip(idx({3}, {0, 1, 1}))},
        {"t10k-images-idx3-ubyte.gz", gzip(idx({1, 1, 2}, {7, 8}))},
        {"t10k-labels-idx1-ubyte.gz", gzip(idx({1}, {0}))}};
    for (const auto& [name, content] : files) publish(name, content, sha256_of(content), mode);
    describe(1, 2, {"o", "ki"}, 3, 1);
  }

  data::TemporaryFolder folder_;
  std::filesystem::path root_ = folder_.path() / "root";
  RangeServer server_;
  DatasetInfo info_{.name = "made", .published = PublishedFiles{.family = "made"}};
  FetchResult result_;
};

TEST_F(Published, LikeKmnist) {
  publish_kmnist();
  const data::Dataset data = fetched();
  EXPECT_THAT(data.train.pixels, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 1));
  EXPECT_THAT(data.test.pixels, ElementsAre(7, 8));
  EXPECT_THAT(data.class_names, ElementsAre("o", "ki"));
  EXPECT_EQ(data.name, "made");
  EXPECT_TRUE(result_.is_verified);
  EXPECT_EQ(result_.source, published().files[0].addresses[0]);
  const auto description = data::read_description(root_ / "made");
  EXPECT_EQ(description->name, "made");
  EXPECT_THAT(description->sources,
              testing::Contains(fmt::format("{} (SHA-256 {})", published().files[3].addresses[0],
                                            published().files[3].checksum.substr(7))));
  EXPECT_TRUE(fetch_dataset(info_, root_).already_present);
  EXPECT_EQ(server_.log().size(), 4U);
}

// Broken connections, and a first mirror that has nothing.
TEST_F(Published, AcrossBrokenConnectionsAndMirrors) {
  std::vector<uint8_t> pixels(5000);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * i / 7);
  publish("train-images-idx3-ubyte", idx({2, 50, 50}, pixels));
  publish("train-labels-idx1-ubyte", idx({2}, {0, 1}));
  publish("t10k-images-idx3-ubyte", idx({1, 50, 50}, std::vector<uint8_t>(2500, 9)));
  publish("t10k-labels-idx1-ubyte", idx({1}, {0}));
  published().files[0].addresses = {server_.address("gone") + "train-images-idx3-ubyte",
                                    server_.address("cut") + "train-images-idx3-ubyte"};
  describe(50, 50, {"0", "1"}, 2, 1);
  EXPECT_EQ(fetched().train.pixels, pixels);
  EXPECT_THAT(result_.failures, ElementsAre(HasSubstr("404")));
  EXPECT_THAT(server_.log(), testing::Contains("/cut/train-images-idx3-ubyte bytes=5000- if-range 206"));
}

TEST_F(Published, LikeKuzushiji49WithoutChecksums) {
  const auto npz = [](const std::string& shape, const std::string& values) {
    return imports::archive_bytes({{"arr_0.npy", npy(shape, values)}});
  };
  publish("k49-train-imgs.npz", npz("2, 1, 2", "abcd"), "");
  publish("k49-train-labels.npz", npz("2,", std::string("\0\1", 2)), "");
  publish("k49-test-imgs.npz", npz("1, 1, 2", "ef"), "");
  publish("k49-test-labels.npz", npz("1,", "\1"), "");
  describe(1, 2, {"a", "i"}, 2, 1);
  EXPECT_THAT(fetched().train.pixels, ElementsAre('a', 'b', 'c', 'd'));
  EXPECT_FALSE(result_.is_verified);
  // Then the numbers decide, and nothing of the wrong files stays.
  std::filesystem::remove_all(root_);
  info_.train_images = 3;
  EXPECT_THAT(error_of(), HasSubstr("what was fetched is not made: 2 training images instead of 3"));
  EXPECT_THAT(entries(), ElementsAre());
}

TEST_F(Published, LikeEmnistLetters) {
  const std::string prefix = "gzip/emnist-letters-";
  publish("gzip.zip",
          imports::archive_bytes(
              {{prefix + "train-images-idx3-ubyte.gz", gzip(idx({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}))},
               {prefix + "train-labels-idx1-ubyte.gz", gzip(idx({2}, {1, 2}))},
               {prefix + "test-images-idx3-ubyte.gz", gzip(idx({1, 2, 2}, {1, 2, 3, 4}))},
               {prefix + "test-labels-idx1-ubyte.gz", gzip(idx({1}, {2}))},
               {prefix + "mapping.txt", "1 65 97\n"},
               {"gzip/emnist-digits-train-images-idx3-ubyte.gz", "another split"}}));
  published().only = "emnist-letters-";
  describe(2, 2, {"a", "b"}, 2, 1);
  const data::Dataset data = fetched({.keep_downloads = false});
  EXPECT_THAT(data.train.pixels, ElementsAre(1, 3, 2, 4, 5, 7, 6, 8));
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1));
  EXPECT_THAT(data.class_names, ElementsAre("a", "b"));
}

// Another dataset of the same family takes the file that is here.
TEST_F(Published, OfOneFamilyShareTheirFiles) {
  publish_kmnist();
  fetch_dataset(info_, root_, {.keep_downloads = true});
  EXPECT_THAT(entries(), ElementsAre(".downloads", "made"));
  info_.name = "other";
  fetch_dataset(info_, root_);
  EXPECT_THAT(entries(), ElementsAre("made", "other"));
  EXPECT_EQ(server_.log().size(), 4U);
}

TEST_F(Published, LikeQmnist) {
  const auto words = [](const std::vector<uint32_t>& values) {
    std::string text;
    for (const uint32_t value : values)
      for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
    return text;
  };
  const auto labels = [&](const std::vector<uint32_t>& classes) {
    std::string text = words({0x0c02, static_cast<uint32_t>(classes.size()), 8});
    for (const uint32_t label : classes) text += words({label, 4, 2100, 7, 30 + label, 12345, 0, 0});
    return gzip(text);
  };
  publish("qmnist-train-images-idx3-ubyte.gz", gzip(idx({2, 1, 1}, {1, 2})));
  publish("qmnist-train-labels-idx2-int.gz", labels({1, 0}));
  publish("qmnist-test-images-idx3-ubyte.gz", gzip(idx({3, 1, 1}, {3, 4, 5})));
  publish("qmnist-test-labels-idx2-int.gz", labels({0, 1, 1}));
  for (PublishedFile& file : published().files)
    file.checksum = md5_of(read_text_file(server_.files() / file.name, 1 << 20));
  describe(1, 1, {"0", "1"}, 2, 3);
  const data::Dataset data = fetched();
  EXPECT_THAT(data.train.labels, ElementsAre(1, 0));
  EXPECT_THAT(data.test.labels, ElementsAre(0, 1, 1));
}

TEST_F(Published, LikeCifar10) {
  const auto record = [](char label) {
    return std::string(1, label) + std::string(1024, '\x40') + std::string(1024, '\x50') +
           std::string(1024, '\x60');
  };
  publish("cifar-10-binary.tar.gz",
          imports::archive_bytes({{"cifar-10-batches-bin/batches.meta.txt", "cat\ndog\n\n"},
                                  {"cifar-10-batches-bin/data_batch_1.bin", record(0) + record(1)},
                                  {"cifar-10-batches-bin/test_batch.bin", record(1)},
                                  {"cifar-10-batches-bin/readme.html", "<a>"}},
                                 /*zip=*/false));
  describe(32, 32, {"cat", "dog"}, 2, 1);
  info_.channels = 3;
  const data::Dataset data = fetched();
  EXPECT_EQ(data.train.count, 2);
  EXPECT_EQ(data.train.channels, 3);
  EXPECT_EQ(data.train.pixels[0], 0x40);
  EXPECT_EQ(data.train.pixels.back(), 0x60);
  EXPECT_THAT(data.class_names, ElementsAre("cat", "dog"));
}

TEST_F(Published, LikeMedMnist) {
  publish("bloodmnist.npz", imports::archive_bytes({{"train_images.npy", npy("2, 1, 1, 3", "abcdef")},
                                                    {"train_labels.npy", npy("2, 1", std::string("\0\1", 2))},
                                                    {"val_images.npy", npy("1, 1, 1, 3", "ghi")},
                                                    {"val_labels.npy", npy("1, 1", std::string("\0", 1))},
                                                    {"test_images.npy", npy("1, 1, 1, 3", "jkl")},
                                                    {"test_labels.npy", npy("1, 1", "\1")}}));
  describe(1, 1, {"basophil", "eosinophil"}, 3, 1);
  info_.channels = 3;
  published().files[0].addresses[0] += "?download=1";
  const data::Dataset data = fetched();
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 0));
  EXPECT_EQ(data.train.pixels.front(), 'a');
  EXPECT_EQ(data.train.channels, 3);
  EXPECT_EQ(data.train.pixels.back(), 'i');
}

TEST_F(Published, LikeUsps) {
  publish("usps.bz2", bzip2("1 1:-1 2:0 3:0.5 4:1\n10 1:-1 2:-1 3:-1 4:-1\n"));
  publish("usps.t.bz2", bzip2("10 1:1 2:1 3:1 4:1\n"));
  describe(2, 2, {"0", "9"}, 2, 1);
  const data::Dataset data = fetched();
  EXPECT_THAT(data.train.pixels, ElementsAre(0, 128, 191, 255, 0, 0, 0, 0));
  EXPECT_THAT(data.test.labels, ElementsAre(1));
  EXPECT_THAT(data.class_names, ElementsAre("0", "9"));
}

TEST_F(Published, LikeTheUciRepositorysDigits) {
  publish("optdigits.tra", "0,4,8,16,0\n1,2,3,4,1\n", "");
  publish("optdigits.tes", "16,16,16,16,1\n", "");
  published().label_column = "5";
  published().white = 16;
  describe(2, 2, {"0", "1"}, 2, 1);
  const data::Dataset data = fetched();
  EXPECT_THAT(data.train.pixels, ElementsAre(0, 64, 128, 255, 16, 32, 48, 64));
  EXPECT_THAT(data.test.labels, ElementsAre(1));
}

// SVHN's 10 is the digit 0. (Its .mat files: if this build reads them.)
TEST_F(Published, LikeSvhnInTheOrderOfItsDigits) {
  publish("train.csv", "label,p\n1,1\n10,2\n2,3\n");
  publish("test.csv", "label,p\n10,4\n");
  published().classes = {"10", "1", "2"};
  describe(1, 1, {"0", "1", "2"}, 3, 1);
  const data::Dataset data = fetched();
  EXPECT_THAT(data.train.labels, ElementsAre(1, 0, 2));
  EXPECT_THAT(data.test.labels, ElementsAre(0));
}

TEST_F(Published, InAFolderAreCheckedToo) {
  publish_kmnist("gone");
  const std::string from = server_.files().string();
  EXPECT_THAT(
      error_of(),
      testing::AllOf(HasSubstr("cannot fetch made; tried for train-images-idx3-ubyte.gz:\n  https://"),
                     HasSubstr("--from DIR`")));
  EXPECT_EQ(fetched({.from = from}).train.count, 3);
  EXPECT_EQ(result_.source, from);
  std::filesystem::remove_all(root_);
  server_.put("t10k-labels-idx1-ubyte.gz", gzip(idx({1}, {1})));
  EXPECT_THAT(error_of({.from = from}), HasSubstr("t10k-labels-idx1-ubyte.gz has the checksum sha256:"));
  EXPECT_THAT(entries(), ElementsAre());
  // The same at an address.
  EXPECT_THAT(error_of({.from = server_.address("plain")}), HasSubstr(", but sha256:"));
}

TEST_F(Published, WithAWrongChecksumLeaveNothing) {
  publish_kmnist();
  published().files[0].checksum = "md5:00";
  EXPECT_THAT(error_of(), HasSubstr("train-images-idx3-ubyte.gz has the checksum md5:"));
  EXPECT_THAT(entries(), ElementsAre());
}

TEST_F(Published, AreTakenUpAfterAnInterruption) {
  publish_kmnist();
  struct Halt {};
  const auto halt_at_import = [](const FetchProgress& progress) {
    if (progress.is_import) throw Halt();
  };
  EXPECT_THROW(fetch_dataset(info_, root_, {.progress = halt_at_import}), Halt);
  EXPECT_THAT(entries(), ElementsAre(".downloads"));
  EXPECT_EQ(fetched().train.count, 3);
  EXPECT_EQ(server_.log().size(), 4U);
}

TEST_F(Published, ReplaceADamagedCopyButNoImagesOfTheUsers) {
  publish_kmnist();
  fetched();
  std::filesystem::remove(root_ / "made" / "t10k-labels-idx1-ubyte");
  EXPECT_THAT(error_of({.from = "/nowhere"}), StartsWith("no error"));
  EXPECT_EQ(fetched().test.count, 1);
  EXPECT_FALSE(result_.already_present && result_.source.empty() == false);
  std::filesystem::remove(root_ / "made" / data::kDescriptionFile);  // four files, but whose?
  EXPECT_THAT(error_of(), HasSubstr("it holds other images than made's | move that folder away"));
}

TEST(Registry, NamesEachDatasetOnceAndSaysWhatIsKnown) {
  std::vector<std::string> names;
  for (const DatasetInfo& info : data::known_datasets()) {
    SCOPED_TRACE(info.name);
    EXPECT_EQ(std::ranges::count(names, info.name), 0);
    names.push_back(info.name);
    EXPECT_GT(1.0 * info.height * info.width * info.classes * info.train_images * info.test_images, 0);
    EXPECT_TRUE(info.channels == 1 || info.channels == 3);
    EXPECT_TRUE(info.class_names.empty() || static_cast<int>(info.class_names.size()) == info.classes);
    EXPECT_NE(info.license, "");
    EXPECT_NE(info.note, "");
    EXPECT_EQ(info.published.has_value(), info.mirrors.empty());
    if (!info.published) continue;
    EXPECT_FALSE(info.mean || info.std || info.npm || !info.folders.empty());
    for (const PublishedFile& file : info.published->files) {
      const bool sha256 = file.checksum.starts_with("sha256:") && file.checksum.size() == 7 + 64;
      const bool md5 = file.checksum.starts_with("md5:") && file.checksum.size() == 4 + 32;
      EXPECT_TRUE(sha256 || md5 || file.checksum.empty()) << file.checksum;
      EXPECT_FALSE(file.addresses.empty());
      for (const std::string& address : file.addresses) {
        EXPECT_THAT(address, StartsWith("https://"));
        EXPECT_THAT(address, HasSubstr("/" + file.name));
      }
    }
  }
  EXPECT_THROW(data::find_dataset("chestmnist"), UsageError);
}

}  // namespace
}  // namespace rung::fetch
