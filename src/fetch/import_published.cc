#include "fetch/import_published.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/require.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "data/dataset.h"
#include "fetch/download_folder.h"
#include "fetch/install.h"
#include "import/import.h"

namespace rung::fetch {
namespace {

namespace fs = std::filesystem;
using data::DatasetInfo;
using data::PublishedFile;
using data::PublishedFiles;

constexpr uint64_t kMostDownloadBytes = uint64_t{4} << 30;
constexpr std::string_view kMd5 = "md5:";

// Adds the whole file to each of the checksums. Throws IoError.
void read_into(const fs::path& file, std::initializer_list<Digest*> digests) {
  std::ifstream stream(file, std::ios::binary);
  std::string piece(1 << 20, '\0');
  while (stream) {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const std::string_view read(piece.data(), static_cast<size_t>(stream.gcount()));
    for (Digest* digest : digests) digest->add(read);
  }
  if (!stream.eof()) throw IoError(fmt::format("cannot read {}", quotable(file.string())));
}

// The file's SHA-256. Throws DataError if the published checksum is another one.
std::string checked_sha256(const fs::path& file, const PublishedFile& published) {
  Sha256 sha256;
  Md5 md5;
  read_into(file, {&sha256, &md5});
  const bool is_md5 = published.checksum.starts_with(kMd5);
  const std::string found = is_md5 ? fmt::format("{}{}", kMd5, md5.hex()) : "sha256:" + sha256.hex();
  if (!published.checksum.empty() && found != published.checksum)
    throw DataError(fmt::format("{} has the checksum {}, but {} is published", published.name, found,
                                published.checksum));
  return sha256.hex();
}

class Publication {
 public:
  Publication(const DatasetInfo& info, const fs::path& root, const FetchOptions& options)
      : info_(info),
        published_(info.published.value()),
        root_(root),
        options_(options),
        downloads_(root, published_.family) {}

  FetchResult fetch() {
    result_.folder = root_ / info_.name;
    if (is_present()) {
      result_.already_present = true;
      return result_;
    }
    require_replaceable(info_, result_.folder);
    make_writable_folder(root_);
    for (const PublishedFile& file : published_.files) {
      result_.is_verified = result_.is_verified && !file.checksum.empty();
      get(file);
    }
    import();
    if (!options_.keep_downloads) drop_downloads();
    return result_;
  }

 private:
  bool is_present() const {
    try {
      data::load_dataset(info_, result_.folder);
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  // Tries the sources of one file in turn.
  void get(const PublishedFile& file) {
    std::vector<std::string> failures;
    std::vector<std::string> sources = file.addresses;
    if (options_.from) {
      const bool is_folder = !is_address(*options_.from) || options_.from->ends_with('/');
      sources.insert(sources.begin(),
                     *options_.from + (is_folder ? "" : "/") + (is_address(*options_.from) ? file.name : ""));
    }
    for (const std::string& source : sources) {
      try {
        is_address(source) ? get_from_address(file, source) : get_from_folder(file, source);
        std::ranges::move(failures, std::back_inserter(result_.failures));
        return;
      } catch (const NoSpaceError&) {
        throw;
      } catch (const Error& error) {
        failures.push_back(fmt::format("{}: {}", source, error.what()));
      }
    }
    throw IoError(
        fmt::format("cannot fetch {}; tried for {}:\n  {}", info_.name, file.name,
                    fmt::join(failures, "\n  ")),
        fmt::format("the same command goes on with what has arrived; or download {} into a folder DIR "
                    "and run `rung data fetch {} --from DIR`",
                    names_of_files(), info_.name));
  }

  std::string names_of_files() const {
    std::vector<std::string_view> names;
    for (const PublishedFile& file : published_.files) names.push_back(file.name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void get_from_folder(const PublishedFile& file, const fs::path& folder) {
    const fs::path path = folder / file.name;
    if (!is_there(path)) throw IoError(fmt::format("there is no {}", quotable(path.string())));
    add(file, path, checked_sha256(path, file), folder.string());
  }

  void get_from_address(const PublishedFile& file, const std::string& address) {
    std::string sha256;
    DownloadFolder::Check check;
    if (!file.checksum.empty()) check = [&](const fs::path& path) { sha256 = checked_sha256(path, file); };
    const auto progress = [&](uint64_t done, uint64_t total) {
      if (options_.progress) options_.progress({address, file.name, done, total});
    };
    progress(0, 0);
    const fs::path path = downloads_.fetch(file.name, address, kMostDownloadBytes, check, progress);
    add(file, path, check ? sha256 : checked_sha256(path, file), address);
  }

  void add(const PublishedFile& file, const fs::path& path, const std::string& sha256,
           const std::string& source) {
    if (result_.source.empty()) result_.source = source;
    files_.push_back(path);
    origins_.push_back(fmt::format(
        "{} (SHA-256 {})", is_address(source) ? source : (fs::path(source) / file.name).string(), sha256));
  }

  void import() {
    const ScratchFolder scratch(root_, info_.name);
    imports::Options options;
    options.sources = files_;
    options.origins = origins_;
    options.out = scratch.path() / info_.name;
    options.only = published_.only;
    options.label_column = published_.label_column;
    options.classes = published_.classes;
    options.names = info_.class_names;
    options.white = published_.white;
    ThreadPool pool(ThreadPool::or_available(options_.threads));
    try {
      require_published(imports::import_images(
          options, {.pool = pool, .progress = [&](std::string_view what, uint64_t done, uint64_t total) {
                      if (options_.progress) options_.progress({"import", what, done, total, true});
                    }}));
    } catch (const DataError&) {
      if (!result_.is_verified) drop_downloads();  // who knows what they are
      throw;
    }
    put_in_place(options.out, result_.folder, scratch);
  }

  void require_published(const imports::Imported& imported) const {
    const data::DatasetDescription& found = imported.description;
    const auto require = [&](std::string_view what, size_t number, int published) {
      if (number == static_cast<size_t>(published)) return;
      throw DataError(fmt::format("what was fetched is not {}: {} {} instead of {}", info_.name, number, what,
                                  published));
    };
    require("training images", imported.train_images, info_.train_images);
    require("test images", imported.test_images, info_.test_images);
    require("rows of pixels", static_cast<size_t>(found.height), info_.height);
    require("columns of pixels", static_cast<size_t>(found.width), info_.width);
    require("channels", static_cast<size_t>(found.channels), info_.channels);
    require("classes", found.classes.size(), info_.classes);
  }

  void drop_downloads() const {
    for (const PublishedFile& file : published_.files) downloads_.drop(file.name);
  }

  const DatasetInfo& info_;
  const PublishedFiles& published_;
  fs::path root_;
  const FetchOptions& options_;
  DownloadFolder downloads_;
  FetchResult result_;
  std::vector<fs::path> files_;
  std::vector<std::string> origins_;
};

}  // namespace

bool is_address(std::string_view source) {
  return source.find("://") != std::string_view::npos;
}

FetchResult import_published(const DatasetInfo& info, const fs::path& root, const FetchOptions& options) {
  RUNG_REQUIRE(info.published.has_value());
  return Publication(info, root, options).fetch();
}

}  // namespace rung::fetch
