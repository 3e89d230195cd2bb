// Downloads from a server of this test: what is resumed and what is begun anew, as the server's log shows.
#include "fetch/download.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "fetch/download_folder.h"
#include "range_server.h"

namespace rung::fetch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kMost = 1 << 20;

std::string content(size_t bytes, int seed = 1) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i)
    text += static_cast<char>('a' + (i * 7 + static_cast<size_t>(seed) + i / 26) % 26);
  return text;
}

class Downloads : public testing::Test {
 protected:
  void SetUp() override {
    if (!server_.runs()) GTEST_SKIP() << "there is no python3 or no openssl to make a server";
  }

  std::string text() const { return read_text_file(file_, kMost); }
  // Its error, or "".
  std::string get(const std::string& mode, Checked checked = Checked::kYes, uint64_t most = kMost) const {
    try {
      download(server_.address(mode) + "f", file_, most, checked, {});
      return "";
    } catch (const IoError& error) {
      return error.what();
    }
  }
  // Gets the first bytes of the file and is then interrupted.
  void begin(const std::string& mode) const {
    struct Halt {};
    EXPECT_THROW(download(server_.address(mode) + "f", file_, kMost, Checked::kYes,
                          [](uint64_t done, uint64_t) {
                            if (done > 0) throw Halt();
                          }),
                 Halt);
  }
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
  // Leaves the first bytes of the file, as of this address.
  void leave_part(const std::string& mode, const std::string& bytes, const std::string& validator = "\"old\"",
                  uint64_t size = 0) const {
    PartFile part(file_);
    part.restart({server_.address(mode) + "f", validator, size});
    part.append(std::as_bytes(std::span(bytes)));
  }

  data::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "f";
  RangeServer server_;
};

TEST_F(Downloads, GetAFile) {
  server_.put("f", content(5000));
  EXPECT_EQ(get("plain"), "");
  EXPECT_EQ(text(), content(5000));
  EXPECT_THAT(left(), ElementsAre("f"));
  EXPECT_THAT(server_.log(), ElementsAre("/plain/f - - 200"));
}

TEST_F(Downloads, OfAnEmptyFile) {
  server_.put("f", "");
  EXPECT_EQ(get("plain"), "");
  EXPECT_EQ(text(), "");
}

TEST_F(Downloads, TakeUpABrokenConnection) {
  server_.put("f", content(2500));
  EXPECT_EQ(get("cut"), "");
  EXPECT_EQ(text(), content(2500));
  EXPECT_THAT(server_.log(), ElementsAre("/cut/f - - 200", "/cut/f bytes=1000- if-range 206",
                                         "/cut/f bytes=2000- if-range 206"));
}

TEST_F(Downloads, GoOnAfterAnInterruption) {
  server_.put("f", content(500'000));
  begin("plain");
  EXPECT_THAT(left(), ElementsAre("f.part", "f.part.origin"));
  const auto here = std::filesystem::file_size(folder_.path() / "f.part");
  EXPECT_EQ(get("plain"), "");
  EXPECT_EQ(text(), content(500'000));
  EXPECT_THAT(left(), ElementsAre("f"));
  // (The interruption may have come when all was there.)
  if (here < 500'000) {
    EXPECT_EQ(server_.log().back(), fmt::format("/plain/f bytes={}- if-range 206", here));
  }
}

TEST_F(Downloads, BeginAnewWhereTheServerHasNoRanges) {
  server_.put("f", content(3000));
  leave_part("whole", content(1000), "");
  EXPECT_EQ(get("whole"), "");
  EXPECT_EQ(text(), content(3000));
  EXPECT_THAT(server_.log(), ElementsAre("/whole/f bytes=1000- - 200"));
}

TEST_F(Downloads, NoticeThatTheFileHasChanged) {
  server_.put("f", content(3000, 2));
  leave_part("plain", content(1000));
  EXPECT_EQ(get("plain"), "");
  EXPECT_EQ(text(), content(3000, 2));
  EXPECT_THAT(server_.log(), ElementsAre("/plain/f bytes=1000- if-range 200"));
}

// A server that ignores If-Range says by its ETag what it has; one that says nothing may have another size.
TEST_F(Downloads, NoticeItAlsoWhereTheServerDoesNot) {
  server_.put("f", content(3000, 2));
  leave_part("stubborn", content(1000));
  EXPECT_EQ(get("stubborn"), "");
  EXPECT_EQ(text(), content(3000, 2));
  EXPECT_THAT(server_.log(), ElementsAre("/stubborn/f bytes=1000- if-range 206", "/stubborn/f - - 200"));
  leave_part("undated", content(1000), "", 2999);
  EXPECT_EQ(get("undated"), "");
  EXPECT_EQ(text(), content(3000, 2));
  leave_part("undated", content(4000), "");  // more than there is
  EXPECT_EQ(get("undated"), "");
  EXPECT_EQ(text(), content(3000, 2));
  EXPECT_THAT(server_.log(), testing::Contains("/undated/f bytes=4000- - 416"));
}

TEST_F(Downloads, TrustNoServerWithoutAValidatorOrAChecksum) {
  server_.put("f", content(3000));
  leave_part("undated", content(1000, 2), "");
  EXPECT_EQ(get("undated", Checked::kNo), "");
  EXPECT_EQ(text(), content(3000));
  leave_part("plain", content(1000, 2));  // another address
  EXPECT_EQ(get("undated", Checked::kNo), "");
  EXPECT_EQ(text(), content(3000));
  EXPECT_THAT(server_.log(), ElementsAre("/undated/f - - 200", "/undated/f - - 200"));
}

TEST_F(Downloads, OfAnotherMirrorGoOnIfAChecksumDecides) {
  server_.put("f", content(3000));
  leave_part("cut", content(1000));
  EXPECT_EQ(get("plain"), "");
  EXPECT_EQ(text(), content(3000));
  EXPECT_THAT(server_.log(), ElementsAre("/plain/f bytes=1000- - 206"));
}

TEST_F(Downloads, SayWhatFailed) {
  EXPECT_THAT(get("plain"), HasSubstr("404"));
  EXPECT_THAT(left(), ElementsAre());
  server_.put("f", content(3000));
  leave_part("plain", content(1000));
  EXPECT_THAT(get("gone"),
              testing::AllOf(HasSubstr("404"), HasSubstr("the 1000 bytes that have arrived are kept")));
  EXPECT_THAT(left(), ElementsAre("f.part", "f.part.origin"));
  EXPECT_EQ(get("plain", Checked::kYes, 2999), "larger than the allowed 2999 bytes");
  EXPECT_THAT(left(), ElementsAre());
}

TEST_F(Downloads, TrustOnlyKnownCertificates) {
  ::unsetenv(RangeServer::kCertificates);
  server_.put("f", "x");
  EXPECT_THAT(get("plain"), HasSubstr("certificate"));
}

TEST_F(Downloads, AreNotWrittenByTwoAtOnce) {
  const PartFile other(file_);
  EXPECT_THAT(get("plain"), HasSubstr("another process is writing"));
}

// The first judgement is on bytes of which some came earlier.
TEST_F(Downloads, ThatFailTheCheckAreFetchedOnceMore) {
  server_.put("f", content(3000));
  int checks = 0;
  const auto check = [&](const std::filesystem::path& file) {
    ++checks;
    if (read_text_file(file, kMost) != content(3000)) throw DataError("wrong");
  };
  const auto downloads = folder_.path() / ".downloads" / "family";
  {
    const DownloadFolder folder(folder_.path(), "family");
    std::filesystem::create_directories(downloads);
    PartFile part(downloads / "f");
    part.restart({server_.address("plain") + "f", "", 3000});
    const std::string bytes = content(1000, 2);
    part.append(std::as_bytes(std::span(bytes)));
  }
  {
    const DownloadFolder folder(folder_.path(), "family");
    EXPECT_EQ(folder.fetch("f", server_.address("plain") + "f", kMost, check, {}), downloads / "f");
    EXPECT_EQ(checks, 2);
    EXPECT_THAT(server_.log(), ElementsAre("/plain/f bytes=1000- - 206", "/plain/f - - 200"));
    folder.fetch("f", "https://127.0.0.1:1/f", kMost, check, {});  // it is here
    server_.put("f", content(3000, 3));
    folder.drop("f");
    EXPECT_THROW(folder.fetch("f", server_.address("plain") + "f", kMost, check, {}), DataError);
  }
  EXPECT_THAT(left(), ElementsAre());
}

}  // namespace
}  // namespace rung::fetch
