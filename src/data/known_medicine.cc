// MedMNIST v2 (Yang et al., 2023), the 28 x 28 images of one label each. All is as in medmnist/info.py,
// version 3.0.2: addresses, MD5, numbers, names and licences.
#include <fmt/format.h>

#include <utility>

#include "data/known_datasets.h"

namespace rung::data {
namespace {

struct Entry {
  std::string name;
  std::string md5;
  int channels;
  int train;
  int validation;
  int test;
  std::vector<std::string> class_names;
  std::string note = "";
};

DatasetInfo described(Entry entry) {
  DatasetInfo info{.name = entry.name, .height = 28, .width = 28, .channels = entry.channels};
  info.classes = static_cast<int>(entry.class_names.size());
  info.train_images = entry.train + entry.validation;
  info.test_images = entry.test;
  info.class_names = std::move(entry.class_names);
  info.license = entry.name == "dermamnist" ? "CC BY-NC 4.0" : "CC BY 4.0";
  info.note = fmt::format("Its own validation images are the last {} of the training images.{}",
                          entry.validation, entry.note);
  const std::string file = entry.name + ".npz";
  info.published = PublishedFiles{
      .family = entry.name,
      .files = {
          {.name = file,
           .checksum = "md5:" + entry.md5,
           .addresses = {fmt::format("https://zenodo.org/records/10519652/files/{}?download=1", file)}}}};
  return info;
}

const std::vector<std::string>& organs() {
  static const std::vector<std::string> names = {"bladder",     "femur-left",   "femur-right", "heart",
                                                 "kidney-left", "kidney-right", "liver",       "lung-left",
                                                 "lung-right",  "pancreas",     "spleen"};
  return names;
}

}  // namespace

std::vector<DatasetInfo> datasets_of_medicine() {
  std::vector<Entry> entries = {
      {"pathmnist",
       "a8b06965200029087d5bd730944a56c1",
       3,
       89996,
       10004,
       7180,
       {"adipose", "background", "debris", "lymphocytes", "mucus", "smooth muscle", "normal colon mucosa",
        "cancer-associated stroma", "colorectal adenocarcinoma epithelium"}},
      {"dermamnist",
       "0744692d530f8e62ec473284d019b0c7",
       3,
       7007,
       1003,
       2005,
       {"actinic keratoses and intraepithelial carcinoma", "basal cell carcinoma",
        "benign keratosis-like lesions", "dermatofibroma", "melanoma", "melanocytic nevi",
        "vascular lesions"}},
      {"octmnist",
       "c68d92d5b585d8d81f7112f81e2d0842",
       1,
       97477,
       10832,
       1000,
       {"choroidal neovascularization", "diabetic macular edema", "drusen", "normal"}},
      {"pneumoniamnist", "28209eda62fecd6e6a2d98b1501bb15f", 1, 4708, 524, 624, {"normal", "pneumonia"}},
      {"retinamnist",
       "bd4c0672f1bba3e3a89f0e4e876791e4",
       3,
       1080,
       120,
       400,
       {"0", "1", "2", "3", "4"},
       " The classes are grades from 0 to 4."},
      {"breastmnist", "750601b1f35ba3300ea97c75c52ff8f6", 1, 546, 78, 156, {"malignant", "normal, benign"}},
      {"bloodmnist",
       "7053d0359d879ad8a5505303e11de1dc",
       3,
       11959,
       1712,
       3421,
       {"basophil", "eosinophil", "erythroblast",
        "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)", "lymphocyte", "monocyte",
        "neutrophil", "platelet"}},
      {"tissuemnist",
       "ebe78ee8b05294063de985d821c1c34b",
       1,
       165466,
       23640,
       47280,
       {"Collecting Duct, Connecting Tubule", "Distal Convoluted Tubule", "Glomerular endothelial cells",
        "Interstitial endothelial cells", "Leukocytes", "Podocytes", "Proximal Tubule Segments",
        "Thick Ascending Limb"}},
      {"organamnist", "68e3f8846a6bd62f0c9bf841c0d9eacc", 1, 34561, 6491, 17778, organs()},
      {"organcmnist", "b9ceb9546e10131b32923c5bbeaea2b1", 1, 12975, 2392, 8216, organs()},
      {"organsmnist", "9ab87b696fb54e2a387ebe992d6ed5f1", 1, 13932, 2452, 8827, organs()}};
  std::vector<DatasetInfo> all;
  for (Entry& entry : entries) all.push_back(described(std::move(entry)));
  return all;
}

}  // namespace rung::data
