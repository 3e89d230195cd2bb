#include "report/reference_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/error.h"
#include "ladder/reference.h"
#include "report/assets.h"

namespace rung::report {
namespace {

constexpr double kRounding = 0.0051;  // percentages are quoted with two decimals

double best(const ReferenceCurve& curve, double ReferenceEpoch::*value) {
  double highest = 0;
  for (const ReferenceEpoch& epoch : curve) highest = std::max(highest, epoch.*value);
  return highest;
}

bool is_near(double a, double b) {
  return std::abs(a - b) < kRounding;
}

bool gives(const ReferenceCurve& curve, const recipe::Reference& reference) {
  return is_near(best(curve, &ReferenceEpoch::train_accuracy), reference.best_train_accuracy) &&
         is_near(best(curve, &ReferenceEpoch::test_accuracy), reference.best_test_accuracy) &&
         is_near(curve.back().test_accuracy, reference.final_test_accuracy);
}

}  // namespace

std::vector<ReferenceCurve> parse_reference_curves(std::string_view tsv) {
  std::vector<ReferenceCurve> curves;
  std::istringstream lines{std::string(tsv)};
  std::string line;
  std::getline(lines, line);  // the column names
  for (int number = 2; std::getline(lines, line); ++number) {
    std::istringstream fields(line);
    size_t step = 0;
    size_t epoch = 0;
    ReferenceEpoch values;
    fields >> step >> epoch >> values.train_accuracy >> values.test_accuracy >> values.test_loss;
    if (epoch == 0) curves.emplace_back();
    if (!fields || step != curves.size() || epoch != curves.back().size())
      throw DataError(fmt::format("notebook_curves.tsv:{}: not the next epoch of a curve", number));
    curves.back().push_back(values);
  }
  return curves;
}

std::optional<ReferenceCurve> find_reference_curve(const recipe::Recipe& recipe) {
  const auto reference = ladder::reference_beside(recipe).figures;
  if (!reference) return std::nullopt;
  for (ReferenceCurve& curve : parse_reference_curves(kNotebookCurves))
    if (gives(curve, *reference)) return std::move(curve);
  return std::nullopt;
}

}  // namespace rung::report
