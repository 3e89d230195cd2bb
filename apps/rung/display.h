// What training, sweeps and downloads show while they run.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "data/data_spec.h"
#include "sweep/sweep.h"
#include "terminal.h"
#include "train/run_record.h"
#include "train/trainer.h"

namespace rung::app {

// "Test set: average loss: 0.0214, accuracy: 9944/10000 (99.44%)"
std::string evaluation_line(std::string_view split, const train::Evaluation& evaluation);

// "Balanced accuracy: 99.43%. Recall by class: 0 99.90%, 1 ..."; where there are many classes, the lowest
// recalls.
std::string class_line(const train::ClassResults& classes, const data::DatasetSpec& dataset);

// The current epoch as a bar like tqdm's, at most `columns` wide.
std::string epoch_bar(const train::Progress& progress, int columns);

// "Epoch 3/16: learning rate 0.01, 1.42 s, train loss 0.0512, accuracy 98.40%."
std::string epoch_line(const train::EpochRecord& epoch, int epochs);

// "12/40 step4-seed11: last epoch 99.21%, best 99.25%": the run is over, as the twelfth of 40. `compared` is
// sweep::compared_metric of the sweep.
std::string run_line(const sweep::SweepRun& run, size_t over, size_t runs, recipe::Metric compared);

// On a terminal, a bar while an epoch trains; afterwards, and elsewhere, one line per epoch.
class EpochDisplay {
 public:
  ~EpochDisplay();
  void on_batch(const train::Progress& progress);
  void on_epoch(const train::EpochRecord& epoch, int epochs, const train::Evaluation& test);
  // Says a line while an epoch trains.
  void interject(const std::string& line);

 private:
  using Clock = std::chrono::steady_clock;

  bool interactive_ = is_interactive();
  Clock::time_point drawn_;
  bool open_ = false;  // the cursor is behind a bar
};

// On a terminal, a bar over all runs of a sweep, and errors; elsewhere, one line per run.
class SweepDisplay {
 public:
  // `compared` is sweep::compared_metric of the sweep.
  explicit SweepDisplay(recipe::Metric compared) : compared_(compared) {}
  ~SweepDisplay();
  void on_progress(const sweep::SweepProgress& progress);
  void on_run(const sweep::SweepRun& run, const sweep::SweepProgress& progress);

 private:
  recipe::Metric compared_;
  bool interactive_ = is_interactive();
  std::chrono::steady_clock::time_point drawn_;
  bool open_ = false;  // the cursor is behind a bar
};

// A bar for counted work, "reading ####| 1,234/60,000"; nothing without a terminal.
class CountDisplay {
 public:
  ~CountDisplay();
  void show(std::string_view what, uint64_t done, uint64_t total);

 private:
  bool interactive_ = is_interactive();
  std::chrono::steady_clock::time_point drawn_;
  bool open_ = false;  // the cursor is behind a bar
};

// A bar for a download; nothing without a terminal.
class TransferDisplay {
 public:
  ~TransferDisplay();
  void show(std::string_view source, std::string_view file, uint64_t done, uint64_t total);

 private:
  bool interactive_ = is_interactive();
  std::chrono::steady_clock::time_point drawn_;
  bool open_ = false;  // the cursor is behind a bar
};

}  // namespace rung::app
