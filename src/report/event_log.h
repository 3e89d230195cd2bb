// A run's figures as events that TensorBoard shows, in the run's folder (docs/run-directory.md). Steps are
// epochs.
//
// A training session writes one file, named after its first epoch, so that names sort like epochs. A session
// that resumes a run removes or voids what an earlier one wrote about its own and later epochs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "train/run_record.h"
#include "train/trainer.h"

namespace rung::report {

class RecordFile;

class EventLog {
 public:
  // Nothing is written before the first epoch.
  explicit EventLog(std::filesystem::path run_folder);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // Before the first epoch, the names of the classes. Scalars of the epoch and, unless there are hundreds of
  // epochs, pictures of its mistakes and histograms of the trainer's weights and of its last batch's
  // gradient. `test` is the trainer's evaluation of the test images. Throws IoError.
  void add_epoch(const train::EpochRecord& epoch, const train::Evaluation& test,
                 const train::Trainer& trainer, const data::Dataset& data);

 private:
  void start_at(int epoch);
  void add_classes(const std::vector<std::string>& classes);

  std::filesystem::path folder_;
  std::unique_ptr<RecordFile> file_;
};

}  // namespace rung::report
