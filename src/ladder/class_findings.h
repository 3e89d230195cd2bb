// What a run's results say about single classes: which the model ignores or gets wrong far more often than
// the others, and which have few training images. The rules are in docs/analysis.md.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/data_spec.h"
#include "train/run_record.h"

namespace rung::ladder {

struct ClassFindings {
  std::vector<size_t> answered;  // where the predictions collapse: the few classes that nearly all go to
  double answered_share = 0;     // percent of the test images that are predicted as one of these
  std::vector<size_t> low;       // otherwise: the classes whose recall is far below the others'
  double usual_recall = 0;       // percent: the (upper) median recall of the classes that are not rare
  std::vector<size_t> rare;      // fewer than a third of the largest class's training images, but some
  std::vector<size_t> missing;   // no training image, though test images

  bool imbalanced() const { return !rare.empty() || !missing.empty(); }
  bool collapsed() const { return !answered.empty(); }
};

// Nothing is found in a record that does not know its classes.
ClassFindings find_classes(const train::RunRecord& record);

// Whether balanced accuracy says what accuracy does not: training or test images are imbalanced, or the two
// differ by more than chance. Never where the record does not know it.
bool shows_balanced(const train::RunRecord& record);

// Percent that training accuracy would be if the training images' classes had the shares that they have among
// the test images; a class without training images counts as wrong. Precondition: the record knows its
// classes.
double train_accuracy_as_tested(const train::RunRecord& record);

// Percent: the accuracy of always answering the most frequent class.
double chance_accuracy(const train::ClassResults& results);

// "class 3", "classes 0, 4 and 7 to 9"; where the dataset has names, "class Coat", "classes Coat and Shirt".
std::string class_list(std::span<const size_t> classes, const data::DatasetSpec& dataset);

// "class 0 has 5,000 training images, classes 1 to 9 only 20 each". Preconditions: the record knows its
// classes, and the findings are its own.
std::string training_images_text(const train::RunRecord& record, const ClassFindings& findings,
                                 const data::DatasetSpec& dataset);

}  // namespace rung::ladder
