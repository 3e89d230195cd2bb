// The checksums: the list in TensorFlow Datasets (url_checksums/cifar10.txt, svhn_cropped.txt).
#include "data/known_datasets.h"

namespace rung::data {
namespace {

// CIFAR-10 (Krizhevsky, 2009), in its binary version.
DatasetInfo cifar10() {
  DatasetInfo info{.name = "cifar10", .height = 32, .width = 32, .channels = 3, .classes = 10};
  info.train_images = 50'000;
  info.test_images = 10'000;
  info.class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                      "dog",      "frog",       "horse", "ship", "truck"};
  info.license = "none stated";
  info.note = "Each record has all red values, then all green, then all blue ones.";
  info.published = PublishedFiles{
      .family = "cifar10",
      .files = {{.name = "cifar-10-binary.tar.gz",
                 .checksum = "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                 .addresses = {"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                               "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/"
                               "cifar-10-binary.tar.gz"}}}};
  return info;
}

// The Street View House Numbers (Netzer et al., 2011), cropped to one digit, without the extra images.
DatasetInfo svhn() {
  const std::string folder = "https://ufldl.stanford.edu/housenumbers/";
  DatasetInfo info{.name = "svhn", .height = 32, .width = 32, .channels = 3, .classes = 10};
  info.train_images = 73'257;
  info.test_images = 26'032;
  info.class_names = digits_as_names();
  info.license = "for non-commercial use only";
  info.note = "The label 10 is the digit 0. Many images show parts of the digits beside theirs.";
  info.published = PublishedFiles{
      .family = "svhn",
      .files = {{.name = "train_32x32.mat",
                 .checksum = "sha256:435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
                 .addresses = {folder + "train_32x32.mat"}},
                {.name = "test_32x32.mat",
                 .checksum = "sha256:cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
                 .addresses = {folder + "test_32x32.mat"}}},
      .classes = {"10", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
  return info;
}

}  // namespace

std::vector<DatasetInfo> datasets_of_photographs() {
  return {cifar10(), svhn()};
}

}  // namespace rung::data
