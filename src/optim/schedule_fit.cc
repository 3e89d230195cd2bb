#include "optim/schedule_fit.h"

#include <fmt/format.h>

#include <variant>

#include "base/text.h"
#include "optim/lr_schedule.h"

namespace rung::optim {
namespace {

std::string count_of(int64_t count, std::string_view noun) {
  return counted(static_cast<size_t>(count), noun);
}

// The lengths of one training.
class Fit {
 public:
  Fit(const Training& training, std::optional<int64_t> batches_per_epoch) : epochs_(training.epochs) {
    if (batches_per_epoch) batches_ = *batches_per_epoch * epochs_;
    std::visit([&](const auto& schedule) { judge(schedule); }, training.lr_scheduler);
    if (training.lr_warmup) judge(*training.lr_warmup);
  }

  std::vector<std::string> remarks;

 private:
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    remarks.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  std::string all_epochs() const { return count_of(epochs_, "epoch"); }

  void judge(const ConstantLr& /*schedule*/) {}
  void judge(const ExponentialLr& /*schedule*/) {}
  void judge(const OneCycleLr& /*schedule*/) {}  // has the training's length

  void judge(const StepLr& schedule) {
    if (schedule.step_size >= epochs_)
      say("step_lr never steps: step_size is {}, and the training has {}", schedule.step_size, all_epochs());
  }

  void judge(const MultiStepLr& schedule) {
    if (schedule.milestones.back() >= epochs_)
      say("multi_step_lr does not reach its milestone {}: the training has {}", schedule.milestones.back(),
          all_epochs());
  }

  void judge(const CosineAnnealingLr& schedule) {
    const int t_max = schedule.t_max.value_or(epochs_);
    if (t_max > epochs_) {
      say("cosine_annealing_lr does not get down to eta_min: t_max is {}, and the training has {}; leave "
          "t_max out to follow the training",
          t_max, all_epochs());
    } else if (t_max < epochs_ - 1) {  // t_max = epochs - 1 has eta_min in the last epoch
      say("cosine_annealing_lr rises again after epoch {}: t_max is {}, and the training has {}; leave t_max "
          "out to follow the training",
          t_max, t_max, all_epochs());
    }
  }

  void judge(const CosineAnnealingWarmRestarts& schedule) {
    const auto [epoch, length] = cycle_at(schedule, epochs_);
    if (epoch != 0)
      say("cosine_annealing_warm_restarts ends within a cycle: after {}, {} of its {} {} done", all_epochs(),
          epoch, count_of(length, "epoch"), epoch == 1 ? "is" : "are");
  }

  void judge(const CyclicLr& schedule) {
    if (batches_ && schedule.step_size_up >= *batches_)
      say("cyclic_lr never gets up to max_lr: step_size_up is {}, and the training has {}",
          schedule.step_size_up, count_of(*batches_, "batch"));
  }

  void judge(const LrWarmup& warmup) {
    if (warmup.epochs && *warmup.epochs >= epochs_) {
      say("lr_warmup does not end: it takes {} epochs, and the training has {}", *warmup.epochs,
          all_epochs());
    } else if (!warmup.epochs && batches_ && warmup.total_iters >= *batches_) {
      say("lr_warmup does not end: total_iters is {}, and the training has {}", warmup.total_iters,
          count_of(*batches_, "batch"));
    }
  }

  int epochs_;
  std::optional<int64_t> batches_;
};

}  // namespace

std::vector<std::string> schedule_remarks(const Training& training,
                                          std::optional<int64_t> batches_per_epoch) {
  return Fit(training, batches_per_epoch).remarks;
}

}  // namespace rung::optim
