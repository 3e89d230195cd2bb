#include "inspect/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "data/class_names.h"

namespace rung::inspect {
namespace {

using data::NearCopy;
using data::Place;

// Takes pairs, each once, until there are enough.
class PairList {
 public:
  PairList(const Findings& findings, size_t most) : findings_(findings), most_(most) {}

  template <typename Wanted>
  void take(const Wanted& wanted) {
    for (const auto& group : findings_.result.copies)
      for (size_t i = 1; i < group.size(); ++i) add({group[0], group[i], 1}, wanted);
    for (const NearCopy& near : findings_.result.near_copies) add(near, wanted);
  }
  std::vector<NearCopy> release() { return std::move(pairs_); }

 private:
  template <typename Wanted>
  void add(const NearCopy& pair, const Wanted& wanted) {
    if (pairs_.size() < most_ && wanted(pair) && taken_.emplace(pair.first, pair.second).second)
      pairs_.push_back(pair);
  }

  const Findings& findings_;
  size_t most_;
  std::vector<NearCopy> pairs_;
  std::set<std::pair<Place, Place>> taken_;
};

}  // namespace

Findings findings_in(const data::Dataset& dataset, data::DatasetSpec spec, std::vector<std::string> remarks,
                     ThreadPool& pool) {
  Findings found{.dataset = &dataset,
                 .spec = std::move(spec),
                 .result = data::check(dataset, pool),
                 .disputed = {},
                 .disputed_near = {},
                 .train_digits = digits_in(dataset.train, dataset.class_names, pool),
                 .test_digits = digits_in(dataset.test, dataset.class_names, pool),
                 .remarks = std::move(remarks)};
  found.spec.class_names = dataset.class_names;
  found.disputed = data::with_different_labels(dataset, found.result.copies);
  std::ranges::copy_if(found.result.near_copies, std::back_inserter(found.disputed_near),
                       [&](const NearCopy& near) {
                         return data::label_of(dataset, near.first) != data::label_of(dataset, near.second);
                       });
  const std::string remark = remark_on(found.train_digits, found.test_digits);
  if (!remark.empty()) found.remarks.push_back(remark);
  return found;
}

std::string text_of(const Findings& findings, const Place& place) {
  return fmt::format("{} {} ({})", place.is_test ? "test" : "train", place.image,
                     data::class_name(findings.spec, data::label_of(*findings.dataset, place)));
}

std::vector<NearCopy> pairs_of(const Findings& findings, size_t most) {
  PairList list(findings, most);
  list.take([&](const NearCopy& pair) { return has_different_labels(findings, pair); });
  list.take([](const NearCopy& pair) { return is_across_splits(pair); });
  list.take([](const NearCopy&) { return true; });
  return list.release();
}

bool has_different_labels(const Findings& findings, const NearCopy& pair) {
  return data::label_of(*findings.dataset, pair.first) != data::label_of(*findings.dataset, pair.second);
}

bool is_across_splits(const NearCopy& pair) {
  return pair.first.is_test != pair.second.is_test;
}

size_t across_splits(const std::vector<std::vector<Place>>& groups) {
  return static_cast<size_t>(std::ranges::count_if(groups, data::is_across_splits));
}

size_t across_splits(const std::vector<NearCopy>& pairs) {
  return static_cast<size_t>(
      std::ranges::count_if(pairs, [](const NearCopy& pair) { return is_across_splits(pair); }));
}

}  // namespace rung::inspect
