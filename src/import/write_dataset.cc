#include "import/write_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <span>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/new_folder.h"
#include "base/require.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/dataset_file.h"
#include "data/split_statistics.h"

namespace rung::imports {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 4 << 20;

// The folder under another name until it is complete. If it is not completed, it and its files disappear.
class UnfinishedFolder {
 public:
  explicit UnfinishedFolder(const fs::path& name)
      : name_(name), folder_(name.parent_path() / ("." + name.filename().string() + ".import")) {}
  ~UnfinishedFolder() {
    std::error_code ignored;
    for (const fs::path& file : entries_of(folder_.path(), ignored)) fs::remove(file, ignored);
  }
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;

  const fs::path& path() const { return folder_.path(); }

  void complete() const {
    require_new(name_);
    if (std::rename(path().c_str(), name_.c_str()) != 0) throw_cannot_write(name_, errno);
  }

 private:
  fs::path name_;
  NewFolder folder_;
};

// An IDX file, with its checksum.
class IdxWriter {
 public:
  IdxWriter(const fs::path& path, const std::vector<uint32_t>& dims) : file_(path) {
    std::string header = {'\0', '\0', '\x08', static_cast<char>(dims.size())};
    for (const uint32_t extent : dims)
      for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(extent >> shift);
    write(header);
  }

  void write(std::string_view bytes) {
    file_.write(bytes);
    sum_.add(bytes);
  }
  void write(std::span<const uint8_t> bytes) {
    write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

  std::string finish() {
    file_.finish();
    return sum_.hex();
  }

 private:
  FileWriter file_;
  Sha256 sum_;
};

// pixels: [N,H,W,C].
void count(std::span<const uint8_t> pixels, std::span<data::PixelHistogram> channels) {
  for (size_t at = 0; at < pixels.size(); at += channels.size())
    for (size_t channel = 0; channel < channels.size(); ++channel) ++channels[channel][pixels[at + channel]];
}

std::string write_images(const fs::path& path, const ImageSet& set, const std::vector<uint32_t>& images,
                         std::span<data::PixelHistogram> channels, const Work& work) {
  const size_t size = set.image_bytes();
  const size_t at_once = std::max<size_t>(1, kChunkBytes / size);
  std::vector<uint32_t> dims{static_cast<uint32_t>(images.size()), static_cast<uint32_t>(set.height),
                             static_cast<uint32_t>(set.width)};
  if (set.channels > 1) dims.push_back(static_cast<uint32_t>(set.channels));
  IdxWriter file(path, dims);
  std::vector<uint8_t> chunk;
  for (size_t done = 0; done < images.size();) {
    chunk.clear();
    for (const size_t end = std::min(images.size(), done + at_once); done < end; ++done) {
      const uint8_t* image = set.pixels.data() + images[done] * size;
      chunk.insert(chunk.end(), image, image + size);
    }
    work.pool.for_each(2, [&](int task, int) { task == 0 ? file.write(chunk) : count(chunk, channels); });
    work.report("written", done, images.size());
  }
  return file.finish();
}

std::string write_labels(const fs::path& path, const ImageSet& set, const std::vector<uint32_t>& images) {
  std::vector<uint8_t> labels;
  for (const uint32_t image : images) labels.push_back(static_cast<uint8_t>(set.labels[image]));
  IdxWriter file(path, {static_cast<uint32_t>(labels.size())});
  file.write(labels);
  return file.finish();
}

// Text that may hold what a file system allows.
std::string said(const fs::path& path) {
  return printable(path.string());
}

}  // namespace

void require_new(const fs::path& folder) {
  if (is_there(folder))
    throw UsageError(fmt::format("{} exists", quotable(folder.string())),
                     "give another folder with --out, or remove it");
}

data::DatasetDescription write_dataset(const ImageSet& set, const Options& options, const Work& work) {
  RUNG_REQUIRE(set.channels == 1 || set.channels == 3);
  const fs::path out = options.out.has_filename() ? options.out : options.out.parent_path();
  require_new(out);
  const UnfinishedFolder folder(out);
  data::DatasetDescription description{.name = said(out.filename()),
                                       .classes = set.classes,
                                       .height = set.height,
                                       .width = set.width,
                                       .channels = set.channels,
                                       .sources = {},
                                       .steps = set.steps,
                                       .sha256 = {}};
  for (const std::string& origin : options.origins) description.sources.push_back(said(origin));
  if (options.origins.empty())
    for (const fs::path& source : options.sources) description.sources.push_back(said(source));
  std::vector<data::PixelHistogram> train(static_cast<size_t>(set.channels));
  std::vector<data::PixelHistogram> test(train.size());
  const auto path_of = [&](data::DatasetFile file) {
    const std::string name(data::kFileNames[file]);
    return folder.path() / (set.channels == 1 ? name : data::with_channels(name));
  };
  auto& sums = description.sha256;
  sums[data::kTrainImages] = write_images(path_of(data::kTrainImages), set, set.train, train, work);
  sums[data::kTrainLabels] = write_labels(path_of(data::kTrainLabels), set, set.train);
  sums[data::kTestImages] = write_images(path_of(data::kTestImages), set, set.test, test, work);
  sums[data::kTestLabels] = write_labels(path_of(data::kTestLabels), set, set.test);
  const data::Moments moments = data::moments_of(train);
  description.mean = moments.mean;
  description.std = moments.std;
  replace_file(folder.path() / data::kDescriptionFile, to_toml(description));
  folder.complete();
  return description;
}

}  // namespace rung::imports
