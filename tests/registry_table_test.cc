// The table of docs/datasets.md is the registry.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "base/text.h"
#include "data/registry.h"

namespace rung::data {
namespace {

// The address without what follows the host.
std::string host_of(const std::string& address) {
  const size_t begin = address.find("://") + 3;
  return address.substr(begin, address.find('/', begin) - begin);
}

std::string checksum_text(const DatasetInfo& info) {
  if (!info.published || info.published->files[0].checksum.starts_with("sha256:")) return "SHA-256";
  return info.published->files[0].checksum.empty() ? "no checksum" : "MD5";
}

TEST(RegistryTable, OfTheDocumentIsTheRegistry) {
  std::string table;
  for (const DatasetInfo& info : known_datasets())
    table += fmt::format("| `{}` | {} + {} | {}×{}{} | {} | {} | {} | {}, {} |\n", info.name,
                         with_commas(info.train_images), with_commas(info.test_images), info.height,
                         info.width, info.channels == 3 ? "×3" : "", info.classes, info.license, info.note,
                         host_of(info.published ? info.published->files[0].addresses[0] : info.mirrors[0]),
                         checksum_text(info));
  const std::string document = read_text_file(RUNG_SOURCE_DIR "/docs/datasets.md", 1 << 20);
  EXPECT_NE(document.find("\n" + table + "\n"), std::string::npos) << "the table should be:\n" << table;
}

}  // namespace
}  // namespace rung::data
