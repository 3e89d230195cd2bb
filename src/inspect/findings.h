// All that `rung data check` finds in a dataset: for its text, its JSON, its picture and its page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "data/check.h"
#include "data/data_spec.h"
#include "data/dataset.h"
#include "inspect/digits.h"

namespace rung::inspect {

struct Findings {
  const data::Dataset* dataset = nullptr;
  data::DatasetSpec spec;  // with the mean and std that pixels are normalised with, and the classes' names
  data::CheckResult result;
  std::vector<std::vector<data::Place>> disputed;  // copies with different labels
  std::vector<data::NearCopy> disputed_near;
  std::optional<Digits> train_digits;
  std::optional<Digits> test_digits;
  std::vector<std::string> remarks;  // sentences
};

// `dataset` must outlive the result. `remarks` are those on its labels and pixels; one on how the digits lie
// is added where there is one.
Findings findings_in(const data::Dataset& dataset, data::DatasetSpec spec, std::vector<std::string> remarks,
                     ThreadPool& pool);

// "test 42 (Coat)"
std::string text_of(const Findings& findings, const data::Place& place);

// Copies, whose correlation is 1, and near copies, at most `most` pairs: first those with different labels,
// then those across the splits, then the others.
std::vector<data::NearCopy> pairs_of(const Findings& findings, size_t most);

bool has_different_labels(const Findings& findings, const data::NearCopy& pair);
bool is_across_splits(const data::NearCopy& pair);

// How many of the groups, or pairs, are across the splits.
size_t across_splits(const std::vector<std::vector<data::Place>>& groups);
size_t across_splits(const std::vector<data::NearCopy>& pairs);

}  // namespace rung::inspect
