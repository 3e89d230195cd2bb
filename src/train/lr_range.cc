#include "train/lr_range.h"

#include <algorithm>

#include "base/error.h"
#include "base/exact_math.h"
#include "optim/lr_schedule.h"

namespace rung::train {
namespace {

constexpr double kKept = 0.98;        // of the average, from batch to batch
constexpr double kTooHigh = 4;        // times the lowest smoothed loss
constexpr size_t kSkippedFirst = 10;  // points, whose averages have few values
constexpr size_t kSkippedLast = 1;

struct CurveEnds {};

// The losses of the batches, until another batch would say nothing new.
class Curve {
 public:
  explicit Curve(const LrRange& range)
      : range_(range), ratio_(exponential(logarithm(range.max_lr / range.min_lr) / (range.batches - 1))) {}

  double lr(int64_t step) const { return range_.min_lr * power(ratio_, step); }

  void add(double loss) {
    average_ = kKept * average_ + (1 - kKept) * loss;
    const auto count = static_cast<int64_t>(points.size());
    const double smoothed = average_ / (1 - power(kKept, count + 1));
    points.push_back({lr(count), loss, smoothed});
    lowest_ = points.size() == 1 ? smoothed : std::min(lowest_, smoothed);
    if (count + 1 == range_.batches || smoothed > kTooHigh * lowest_) throw CurveEnds();
  }

  std::vector<LrPoint> points;

 private:
  LrRange range_;
  double ratio_;
  double average_ = 0;
  double lowest_ = 0;
};

}  // namespace

std::vector<LrPoint> test_lr_range(const Experiment& experiment, const data::Dataset& data, ThreadPool& pool,
                                   const LrRange& range) {
  Curve curve(range);
  Trainer trainer(experiment, data, pool);
  const double momentum = optim::rates_at(experiment.training, {}).momentum;
  trainer.use_rates([&](int64_t step) { return optim::Rates{curve.lr(step), momentum}; });
  try {
    while (true) trainer.train_epoch([&](const Progress& progress) { curve.add(progress.loss); });
  } catch (const CurveEnds&) {
  } catch (const DivergedError&) {  // the rate became too high, which the test looks for
  }
  return std::move(curve.points);
}

std::optional<LrPoint> suggested(std::span<const LrPoint> curve) {
  if (curve.size() < kShortestCurve) return std::nullopt;
  const auto judged = curve.subspan(kSkippedFirst, curve.size() - kSkippedFirst - kSkippedLast);
  std::optional<LrPoint> best;
  double steepest = 0;
  for (size_t i = 0; i < judged.size(); ++i) {
    const size_t before = i == 0 ? i : i - 1;
    const size_t after = std::min(i + 1, judged.size() - 1);
    // (The rate's steps are all equal.)
    const double slope =
        (judged[after].smoothed - judged[before].smoothed) / static_cast<double>(after - before);
    if (slope >= steepest) continue;
    steepest = slope;
    best = judged[i];
  }
  return best;
}

}  // namespace rung::train
