// The base: thread pool, whole files, random numbers, SHA-256.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/beta.h"
#include "base/claimed_folder.h"
#include "base/error.h"
#include "base/exact_math.h"
#include "base/file.h"
#include "base/new_folder.h"
#include "base/philox.h"
#include "base/sha256.h"
#include "base/system_limits.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "data_test_files.h"

namespace {

// The paths that this thread has synced, while a test records them.
thread_local std::vector<std::filesystem::path>* synced = nullptr;

}  // namespace

// Replaces the C library's.
extern "C" int fsync(int descriptor) {
  if (synced != nullptr)
    synced->push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor)));
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace rung {
namespace {

using data::TemporaryFolder;
using data::write_bytes;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

class ThreadPoolOf : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolOf, RunsEveryIndexOnce) {
  const int threads = GetParam();
  ThreadPool pool(threads);
  EXPECT_EQ(pool.size(), threads);
  for (int round = 0; round < 300; ++round) {
    const int count = round % 40;
    std::vector<std::atomic<int>> runs(static_cast<size_t>(count));
    std::atomic<int> strangers{0};
    pool.for_each(count, [&](int index, int thread) {
      ++runs[static_cast<size_t>(index)];
      if (thread < 0 || thread >= threads) ++strangers;
    });
    EXPECT_EQ(strangers, 0);
    for (int index = 0; index < count; ++index)
      ASSERT_EQ(runs[static_cast<size_t>(index)], 1) << "index " << index << " of " << count;
  }
}

// Index 0 does not return before all others have run, including its own thread's share.
TEST(ThreadPool, HelpsAThreadThatIsHeldUp) {
  constexpr int kCount = 8;
  ThreadPool pool(2);
  std::atomic<int> done{0};
  int seen = 0;
  pool.for_each(kCount, [&](int index, int) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (index == 0 && done < kCount - 1 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    if (index == 0) seen = done;
    ++done;
  });
  EXPECT_EQ(seen, kCount - 1);
}

TEST_P(ThreadPoolOf, RethrowsAnExceptionOfAnyThreadAndStaysUsable) {
  ThreadPool pool(GetParam());
  for (int bad = 0; bad < 8; ++bad) {
    EXPECT_THROW(pool.for_each(8,
                               [&](int index, int) {
                                 if (index == bad) throw std::out_of_range("index");
                               }),
                 std::out_of_range);
    std::atomic<int> sum{0};
    pool.for_each(8, [&](int index, int) { sum += index; });
    EXPECT_EQ(sum, 28);
  }
}

TEST_P(ThreadPoolOf, ForgetsTheOtherThreadsExceptions) {
  ThreadPool pool(GetParam());
  EXPECT_THROW(pool.for_each(100, [](int, int) { throw DataError("every one"); }), DataError);
  EXPECT_NO_THROW(pool.for_each(100, [](int, int) {}));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolOf, testing::Range(1, 8));

TEST(ThreadPool, RefusesNoThreadsAndTooMany) {
  EXPECT_THROW(ThreadPool(0), UsageError);
  EXPECT_THROW(ThreadPool(1025), UsageError);
  EXPECT_GE(ThreadPool::available_cores(), 1);
}

class SystemLimits : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    const auto path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    replace_file(path, text);
  }
  std::optional<double> quota() { return cpu_quota(folder_.path()); }
  std::optional<uint64_t> memory() { return available_memory(folder_.path()); }

 private:
  TemporaryFolder folder_;
};

TEST(RequireMemory, RefusesWhatNoMachineHas) {
  require_memory(1, "little", "");
  constexpr uint64_t kMany = uint64_t{1} << 60;
  try {
    require_memory(kMany, "this", "");
    FAIL() << "nothing was thrown";
  } catch (const MemoryError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("this takes 1073741824.0 GiB of memory, and "));
  }
}

TEST_F(SystemLimits, CpuQuotaOfVersion2IsTheSmallestOnTheWayUp) {
  EXPECT_EQ(quota(), std::nullopt);
  write("proc/self/cgroup", "0::/outer/inner\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("sys/fs/cgroup/outer/inner/cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2);
  write("sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
  write("sys/fs/cgroup/outer/cpu.max", "400000 100000\n");
  EXPECT_EQ(quota(), 2);
}

TEST_F(SystemLimits, CpuQuotaOfVersion1IsThatOfItsCpuHierarchy) {
  write("proc/self/cgroup", "5:cpuset:/other\n4:cpu,cpuacct:/host/path\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "125000\n");
  EXPECT_EQ(quota(), 2.5);
}

TEST_F(SystemLimits, CpuQuotaIsNoneWhereTheFilesMakeNoSense) {
  write("proc/self/cgroup", "x\n0::/a\n");
  for (const char* text : {"", "-1 -1", "1", "0 100000", "100000 0", "nan nan"}) {
    write("sys/fs/cgroup/cpu.max", text);
    EXPECT_EQ(quota(), std::nullopt) << text;
  }
}

TEST_F(SystemLimits, MemoryIsWhatTheSystemHas) {
  EXPECT_EQ(memory(), std::nullopt);
  write("proc/meminfo", "MemTotal:  4000 kB\nMemAvailable:    3000 kB\n");
  EXPECT_EQ(memory(), 3000 * 1024);
  for (const char* text :
       {"", "MemAvailable:", "MemAvailable: x kB", "MemAvailable: 99999999999999999999 kB"}) {
    write("proc/meminfo", text);
    EXPECT_EQ(memory(), std::nullopt) << text;
  }
}

TEST_F(SystemLimits, MemoryIsWhatTheGroupsLeaveIfThatIsLess) {
  write("proc/meminfo", "MemAvailable:    3000 kB\n");
  write("proc/self/cgroup", "4:memory:/host\n0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
  write("sys/fs/cgroup/outer/inner/memory.current", "5000\n");
  EXPECT_EQ(memory(), 3000 * 1024);
  write("sys/fs/cgroup/outer/memory.max", "9000\n");
  write("sys/fs/cgroup/outer/memory.current", "7000\n");
  EXPECT_EQ(memory(), 2000);
  write("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 500\n");
  EXPECT_EQ(memory(), 2500);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1500\n");
  EXPECT_EQ(memory(), 0);
  write("sys/fs/cgroup/memory/memory.stat", "total_inactive_file 600\n");
  EXPECT_EQ(memory(), 100);
}

TEST(ReplaceFile, WritesAndReplacesAndLeavesNothingElse) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  replace_file(path, "old");
  EXPECT_EQ(read_text_file(path, 100), "old");
  replace_file(path, "newer");
  EXPECT_EQ(read_text_file(path, 100), "newer");
  replace_file(path, "");
  EXPECT_EQ(read_text_file(path, 0), "");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

// The file is synced under its temporary name, so the renamed file is on disk.
TEST(ReplaceFile, SyncsTheFileAndThenItsFolderIfAskedToWait) {
  const TemporaryFolder folder;
  std::vector<std::filesystem::path> paths;
  synced = &paths;
  replace_file(folder.path() / "file", "text");
  const auto with_wait = std::exchange(paths, {});
  replace_file(folder.path() / "file", "text", Sync::kNone);
  synced = nullptr;
  ASSERT_EQ(with_wait.size(), 2U);
  EXPECT_EQ(with_wait[0].parent_path(), std::filesystem::canonical(folder.path()));
  EXPECT_THAT(with_wait[0].filename(), testing::StartsWith(".file."));
  EXPECT_EQ(with_wait[1], std::filesystem::canonical(folder.path()));
  EXPECT_THAT(paths, testing::IsEmpty());
}

TEST(MakeWritableFolder, SyncsWhereItMakesOne) {
  const TemporaryFolder folder;
  std::vector<std::filesystem::path> paths;
  synced = &paths;
  make_writable_folder(folder.path() / "a" / "b");
  const auto of_new = std::exchange(paths, {});
  make_writable_folder(folder.path() / "a" / "b");
  synced = nullptr;
  const auto top = std::filesystem::canonical(folder.path());
  EXPECT_THAT(of_new, testing::UnorderedElementsAre(top, top / "a"));
  EXPECT_THAT(paths, testing::IsEmpty());
}

TEST(IsThere, SaysSoOnlyWhereItCanTell) {
  const TemporaryFolder folder;
  EXPECT_TRUE(is_there(folder.path()));
  EXPECT_FALSE(is_there(folder.path() / "nothing" / "at all"));
  std::filesystem::create_symlink("nothing", folder.path() / "nowhere");
  EXPECT_FALSE(is_there(folder.path() / "nowhere"));
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  EXPECT_THROW(is_there(folder.path() / "loop"), IoError);
}

TEST(ReplaceFile, LetsTheUmaskSayWhoMayRead) {
  const TemporaryFolder folder;
  for (const mode_t mask : {022U, 027U, 077U}) {
    const mode_t before = ::umask(mask);
    replace_file(folder.path() / "file", "text");
    ::umask(before);
    EXPECT_EQ(std::filesystem::status(folder.path() / "file").permissions(),
              std::filesystem::perms(0666 & ~mask));
  }
}

TEST(ReplaceFile, LeftoversOfAKilledProcessAreKnownByTheirName) {
  const TemporaryFolder folder;
  for (const char* name : {"file", ".file.12-0.tmp", ".file.link.tmp", ".other.12-0.tmp", ".file.tmp2"})
    write_bytes(folder.path() / name, {});
  remove_leftovers_of(folder.path() / "file");
  EXPECT_THAT(names_in(folder.path()), ElementsAre(".file.tmp2", ".other.12-0.tmp", "file"));
}

TEST(KeepAs, KeepsTheContentOfNowUnderAnotherName) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  const auto other = folder.path() / "other";
  replace_file(other, "precious");
  keep_as(path, other);
  EXPECT_EQ(read_text_file(other, 100), "precious") << "there was nothing to keep";
  replace_file(path, "first");
  keep_as(path, other);
  keep_as(path, other);
  EXPECT_EQ(read_text_file(path, 100), "first");
  replace_file(path, "second");
  EXPECT_EQ(read_text_file(path, 100), "second");
  EXPECT_EQ(read_text_file(other, 100), "first");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file", "other"));
}

TEST(ClaimedFolder, IsMadeLockedAndLeftAsItWas) {
  const TemporaryFolder folder;
  {
    const ClaimedFolder claimed(folder.path() / "a" / "b");
    EXPECT_THROW(ClaimedFolder(folder.path() / "a" / "b"), UsageError);
    const ClaimedFolder parent(folder.path() / "a");
  }
  EXPECT_THAT(names_in(folder.path()), testing::IsEmpty());
  {
    const ClaimedFolder claimed(folder.path() / "a");
    replace_file(folder.path() / "a" / "file", "text");
  }
  const ClaimedFolder again(folder.path() / "a");
  EXPECT_THAT(names_in(folder.path() / "a"), ElementsAre(".lock", "file"));
}

// Several at once, as processes would be started: each has a folder of its own.
TEST(NewFolder, IsTakenByOne) {
  const TemporaryFolder folder;
  const auto name = folder.path() / "runs" / "run";
  std::vector<std::thread> threads;
  std::vector<std::string> names(8);
  std::atomic<size_t> ready = 0;
  for (std::string& taken : names) {
    threads.emplace_back([&] {
      ++ready;
      while (ready < names.size()) std::this_thread::yield();
      const NewFolder made(name);
      replace_file(made.path() / "file", "text");
      taken = made.path().filename().string();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(names, testing::UnorderedElementsAre("run", "run-2", "run-3", "run-4", "run-5", "run-6",
                                                   "run-7", "run-8"));
}

TEST(NewFolder, IsRemovedIfItStaysEmpty) {
  const TemporaryFolder folder;
  {
    const NewFolder made(folder.path() / "runs" / "run");
    const ClaimedFolder claimed(made.path());
    EXPECT_THAT(names_in(folder.path() / "runs"), ElementsAre("run"));
  }
  EXPECT_THAT(names_in(folder.path()), testing::IsEmpty());
  replace_file(folder.path() / "file", "text");
  EXPECT_THROW(NewFolder(folder.path() / "file" / "run"), IoError);
}

TEST(ClaimedFolder, OfAProcessThatWasKilledIsFree) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const ClaimedFolder claimed(folder.path());
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(names_in(folder.path()), ElementsAre(".lock"));
  const ClaimedFolder again(folder.path());
}

TEST(ClaimedFolder, IsSeenToBeClaimed) {
  const TemporaryFolder folder;
  EXPECT_FALSE(is_claimed(folder.path()));
  EXPECT_FALSE(is_claimed(folder.path() / "nowhere"));
  {
    const ClaimedFolder claimed(folder.path());
    EXPECT_TRUE(is_claimed(folder.path()));
    EXPECT_TRUE(is_claimed(folder.path()));
  }
  replace_file(folder.path() / ".lock", "left by a process that was killed");
  EXPECT_FALSE(is_claimed(folder.path()));
}

// A process that asks holds the lock for a moment; that must not look like a claim.
TEST(ClaimedFolder, CanBeClaimedWhileOthersAsk) {
  const TemporaryFolder folder;
  replace_file(folder.path() / ".lock", "");
  std::atomic<bool> asking = true;
  std::thread asker([&] {
    while (asking) is_claimed(folder.path());
  });
  for (int i = 0; i < 200; ++i) EXPECT_NO_THROW(ClaimedFolder(folder.path()));
  asking = false;
  asker.join();
}

// An open file keeps its content, which overwriting would change.
TEST(ReplaceFile, LeavesTheOldContentToThoseWhoHaveItOpen) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  replace_file(path, "old");
  std::filesystem::create_hard_link(path, folder.path() / "link");
  replace_file(path, "new");
  EXPECT_EQ(read_text_file(folder.path() / "link", 100), "old");
  EXPECT_EQ(read_text_file(path, 100), "new");
}

// While one exists no file can grow beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*handler_)(int);
};

TEST(ReplaceFile, AFailureKeepsTheOldFileAndLeavesNoTemporary) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  replace_file(path, "old");
  std::string message;
  try {
    const FileSizeLimit limit(1000);
    replace_file(path, std::string(5000, 'x'));
  } catch (const IoError& error) {
    message = error.what();
  }
  EXPECT_EQ(message, "cannot write " + path.string() + ": File too large");
  EXPECT_EQ(read_text_file(path, 100), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(ReplaceFile, RefusesToReplaceAFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "file");
  EXPECT_THROW(replace_file(folder.path() / "file", "text"), IoError);
  EXPECT_THROW(replace_file(folder.path() / "none" / "file", "text"), IoError);
  EXPECT_THAT(names_in(folder.path()), ElementsAre("file"));
}

TEST(ReadFile, ReadsUpToItsLimitAndNotMore) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file";
  replace_file(path, "12345");
  EXPECT_EQ(read_file(path, 5).size(), 5U);
  try {
    read_file(path, 4);
    ADD_FAILURE() << "read more than allowed";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(path.string()), HasSubstr("5 bytes, more than the 4")));
  }
}

TEST(ReadFile, RefusesWhatIsNoRegularFile) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_file(folder.path(), 100), IoError);
  EXPECT_THROW(read_file(folder.path() / "none", 100), IoError);
  EXPECT_THROW(read_file("/dev/zero", 100), IoError);
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THROW(read_file(pipe, 100), IoError) << "and does not wait for a writer";
}

TEST(WriteOutput, FollowsALinkAndKeepsWhatIsNoFile) {
  const TemporaryFolder folder;
  const auto link = folder.path() / "link";
  const auto pipe = folder.path() / "pipe";
  write_output(folder.path() / "file", "old");
  std::filesystem::create_symlink("file", link);
  write_output(link, "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(read_text_file(folder.path() / "file", 100), "new");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  write_output(pipe, "text");
  std::array<char, 8> got{};
  EXPECT_EQ(::read(reader, got.data(), got.size()), 4);
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_THROW(write_output(folder.path(), "text"), IoError);
  EXPECT_THAT(names_in(folder.path()), testing::UnorderedElementsAre("file", "link", "pipe"));
}

TEST(WriteOutput, ReplacesALongerFileAndLeavesItsOtherNameAsItWas) {
  const TemporaryFolder folder;
  write_output(folder.path() / "file", "a long text");
  std::filesystem::create_hard_link(folder.path() / "file", folder.path() / "other");
  write_output(folder.path() / "file", "new");
  EXPECT_EQ(read_text_file(folder.path() / "file", 100), "new");
  EXPECT_EQ(read_text_file(folder.path() / "other", 100), "a long text");
}

TEST(MakeWritableFolder, MakesParentsAndRefusesAFileInTheWay) {
  const TemporaryFolder folder;
  make_writable_folder(folder.path() / "a" / "b");
  make_writable_folder(folder.path() / "a" / "b");
  EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "a" / "b"));
  replace_file(folder.path() / "file", "text");
  EXPECT_THROW(make_writable_folder(folder.path() / "file" / "c"), IoError);
}

// The known answers of the authors' own Random123 library, kat_vectors.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_THAT(philox4x32({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_THAT(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(RandomStream, BelowStaysBelowAndMeetsEveryNumberAboutEquallyOften) {
  constexpr int kDraws = 1000;
  for (const uint32_t bound : {1U, 2U, 3U, 10U, 97U}) {
    RandomStream random(7, RandomPurpose::kShuffle, bound);
    std::vector<int> counts(bound);
    for (uint32_t draw = 0; draw < kDraws * bound; ++draw) {
      const uint32_t number = random.below(bound);
      ASSERT_LT(number, bound);
      ++counts[number];
    }
    // Six standard deviations of a count: sqrt(1000) each.
    EXPECT_THAT(counts, Each(testing::AllOf(testing::Ge(kDraws - 190), testing::Le(kDraws + 190)))) << bound;
  }
}

// Four values of the generator map to three numbers, so without rejection one of them would appear half of
// the time.
TEST(RandomStream, BelowIsUnbiasedForLargeBounds) {
  constexpr uint32_t kBound = 3U << 30;  // three quarters of the range
  RandomStream random(1, RandomPurpose::kShuffle);
  std::array<int, 3> residues{};
  for (int draw = 0; draw < 30000; ++draw) {
    const uint32_t number = random.below(kBound);
    ASSERT_LT(number, kBound);
    ++residues[number % 3];
  }
  EXPECT_THAT(residues, Each(testing::AllOf(testing::Ge(9500), testing::Le(10500))));
}

TEST(RandomStream, DependsOnSeedPurposeItemAndEpoch) {
  const auto first = [](RandomStream random) { return random.next(); };
  const std::vector<uint32_t> values = {first({1, RandomPurpose::kShuffle, 0, 0}),
                                        first({2, RandomPurpose::kShuffle, 0, 0}),
                                        first({uint64_t{1} << 32 | 1, RandomPurpose::kShuffle, 0, 0}),
                                        first({1, RandomPurpose::kAugment, 0, 0}),
                                        first({1, RandomPurpose::kShuffle, 1, 0}),
                                        first({1, RandomPurpose::kShuffle, 0, 1})};
  for (size_t i = 0; i < values.size(); ++i)
    for (size_t j = 0; j < i; ++j) EXPECT_NE(values[i], values[j]) << i << " and " << j;
  EXPECT_EQ(values[0], first({1, RandomPurpose::kShuffle, 0, 0}));
}

// FIPS 180-4's examples.
// The mean of Beta(a, a) is 1/2, its variance 1 / (4 (2a + 1)); the fourth central moment gives the variance
// of the variance: 3 / (16 (2a + 1) (2a + 3)).
TEST(DrawBeta, HasItsMeanAndVariance) {
  constexpr int kDraws = 40'000;
  for (const double alpha : {0.01, 0.2, 0.9, 1.0, 1.5, 10.0, 1000.0}) {
    double sum = 0, squares = 0;
    for (uint32_t item = 0; item < kDraws; ++item) {
      RandomStream random(7, RandomPurpose::kMixUp, item);
      const double drawn = draw_beta(alpha, random);
      EXPECT_TRUE(drawn >= 0 && drawn <= 1);
      sum += drawn;
      squares += (drawn - 0.5) * (drawn - 0.5);
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    const double fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(variance / kDraws)) << alpha;
    EXPECT_NEAR(squares / kDraws, variance, 5 * std::sqrt((fourth - variance * variance) / kDraws)) << alpha;
  }
}

// Beta(1, 1) is uniform, Beta(1/2, 1/2) the arcsine distribution.
TEST(DrawBeta, HasItsDistribution) {
  constexpr int kDraws = 40'000;
  const auto below = [](double alpha, double bound) {
    int count = 0;
    for (uint32_t item = 0; item < kDraws; ++item) {
      RandomStream random(8, RandomPurpose::kMixUp, item);
      count += draw_beta(alpha, random) < bound ? 1 : 0;
    }
    return static_cast<double>(count) / kDraws;
  };
  for (const double bound : {0.01, 0.1, 0.3, 0.8}) {
    const double arcsine = 2 / std::numbers::pi * std::asin(std::sqrt(bound));
    EXPECT_NEAR(below(1, bound), bound, 5 * 0.5 / std::sqrt(kDraws)) << bound;
    EXPECT_NEAR(below(0.5, bound), arcsine, 5 * 0.5 / std::sqrt(kDraws)) << bound;
  }
}

TEST(Sha256, GivesTheKnownAnswers) {
  const auto hash = [](std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); };
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Text, KnowsUtf8) {
  for (const char* bad : {"\x80", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80\x80"})
    EXPECT_FALSE(is_utf8(bad));
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_utf8(good));
}

TEST(Text, FindsControlCharacters) {
  for (const char* bad : {"a\x1b[2J", "\n", "\x7f", "\xc2\x9b"})
    EXPECT_TRUE(has_control(bad)) << printable(bad);
  for (const char* good : {"", "a", "\xc3\x9b", "\xc2\xa0"}) EXPECT_FALSE(has_control(good)) << good;
  EXPECT_FALSE(has_control("a\nb\t", "\n\t"));
}

// A terminal may also treat single bytes 80 to 9F as control characters.
TEST(Text, PrintableSpellsOutWhatATerminalWouldActOn) {
  EXPECT_EQ(printable("caf\xc3\xa9 \x1b[31m\xc2\x9b\x9b\n\x7f"),
            "caf\xc3\xa9 \\x1b[31m\\xc2\\x9b\\x9b\\x0a\\x7f");
  EXPECT_EQ(printable("a\nb\tc", "\n"), "a\nb\\x09c");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
}

TEST(Text, ShortenedCutsBetweenCharacters) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("a\xe2\x82\xac", 3), "a...");
  EXPECT_EQ(shortened("\xe2\x82\xac"
                      "b",
                      3),
            "\xe2\x82\xac...");
  EXPECT_EQ(shortened("abcd", 0), "...");
}

TEST(Text, ColumnsAreThoseOfATerminal) {
  EXPECT_EQ(columns_of(""), 0);
  EXPECT_EQ(columns_of("5×5 → ▁█"), 8);
  EXPECT_EQ(columns_of("e\xcc\x81"), 1);         // a combining accent
  EXPECT_EQ(columns_of("文字"), 4);              // two columns each
  EXPECT_EQ(columns_of("\xf0\x9f\x98\x80"), 2);  // an emoji
}

TEST(Text, CutsAndFillsToColumns) {
  EXPECT_EQ(cut_to("step1", 5), "step1");
  EXPECT_EQ(cut_to("step10", 5), "step…");
  EXPECT_EQ(cut_to("文字列", 5), "文字…");
  EXPECT_EQ(cut_to("文字列", 4), "文…");  // half a character does not fit
  EXPECT_EQ(cut_to("ab", 1), "…");
  EXPECT_EQ(cut_to("ab", 0), "");
  EXPECT_EQ(padded("文", 4), "文  ");
  EXPECT_EQ(padded_left("é", 3), "  é");
  EXPECT_EQ(padded("long", 2), "long");
}

TEST(Text, CountedKnowsTheSingularAndThePlural) {
  EXPECT_EQ(counted(1, "epoch"), "1 epoch");
  EXPECT_EQ(counted(0, "epoch"), "0 epochs");
  EXPECT_EQ(counted(2, "batch"), "2 batches");
  EXPECT_EQ(counted(10, "class"), "10 classes");
}

TEST(Text, NearestIsATypingErrorAway) {
  const std::array<std::string_view, 2> names = {"mnist", "fashion_mnist"};
  EXPECT_EQ(nearest("mnits", names), "mnist");
  EXPECT_EQ(nearest("Fashion-MNIST", names), "fashion_mnist");
  EXPECT_EQ(nearest("cifar", names), std::nullopt);
}

TEST(ExactMath, IsClose) {
  constexpr double kUlp = 0x1p-53;  // of numbers from 1/2 to 1
  for (int i = -400; i <= 400; ++i) {
    const double x = i / 97.0;
    EXPECT_NEAR(cosine_of_half_turns(x), std::cos(std::numbers::pi * x), 1e-14) << x;
    const double angle = 2 * x;
    EXPECT_NEAR(sine(angle), std::sin(angle), kUlp) << angle;
    EXPECT_NEAR(cosine(angle), std::cos(angle), kUlp) << angle;
    EXPECT_NEAR(tangent(angle), std::tan(angle), 4 * kUlp * (1 + std::abs(std::tan(angle)))) << angle;
    EXPECT_NEAR(exponential(x) / std::exp(x), 1, 8 * kUlp) << x;
    EXPECT_NEAR(logarithm(std::exp(x)), x, 8 * kUlp * (1 + std::abs(x)));
  }
  EXPECT_NEAR(cosine(std::numbers::pi / 2) / std::cos(std::numbers::pi / 2), 1, 1e-8);  // not 0, but 6e-17
  EXPECT_EQ(sine(0), 0);
  EXPECT_EQ(cosine(0), 1);
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(logarithm(1), 0);
  EXPECT_NEAR(exponential(-700) / std::exp(-700), 1, 1e-13);
  EXPECT_NEAR(logarithm(1e300) / std::log(1e300), 1, 8 * kUlp);
  EXPECT_EQ(cosine_of_half_turns(1), -1);
  for (const int64_t exponent : {0, 1, 2, 3, 31, 1000})
    EXPECT_NEAR(power(0.999, exponent) / std::pow(0.999, exponent), 1, 1e-13) << exponent;
  EXPECT_EQ(power(2, 10), 1024);
  EXPECT_EQ(power(0.5, int64_t{1} << 40), 0);
}

}  // namespace
}  // namespace rung
