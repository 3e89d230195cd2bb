// rung._native.train_run: a recipe trained into a run's folder, as `rung train` does it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "bindings.h"
#include "data/arrange.h"
#include "data/registry.h"
#include "ladder/job.h"
#include "ladder/run.h"
#include "report/event_log.h"
#include "report/write_report.h"
#include "train/run_directory.h"

namespace rung::python {
namespace {

using recipe::Recipe;

nb::dict to_dict(const train::EpochRecord& epoch) {
  nb::dict dict;
  dict["epoch"] = epoch.epoch;
  dict["lr"] = epoch.lr;
  dict["train_loss"] = epoch.train_loss;
  dict["train_accuracy"] = epoch.train_accuracy;
  dict["test_loss"] = epoch.test_loss;
  dict["test_accuracy"] = epoch.test_accuracy;
  if (epoch.validation) {
    dict["validation_loss"] = epoch.validation->loss;
    dict["validation_accuracy"] = epoch.validation->accuracy;
  }
  dict["seconds"] = epoch.train_seconds;
  dict["weights_sha256"] = epoch.weights_sha256;
  return dict;
}

}  // namespace

void bind_run(nb::module_& module) {
  // The dataset as the recipe arranges it, and the recipe with what only the images tell.
  module.def(
      "arrange",
      [](Recipe recipe, const data::Dataset& dataset) {
        // (Arrays have such a name, so that no command takes their run for one of a registered dataset.)
        if (data::is_folder(dataset.name)) recipe.dataset.name = dataset.name;
        auto arranged = std::make_shared<data::Dataset>(data::arranged(dataset, recipe.dataset));
        ladder::resolve(recipe, *arranged);
        return nb::make_tuple(std::move(recipe), std::move(arranged));
      },
      nb::arg("recipe"), nb::arg("dataset"));

  // `recipe` and `dataset` as arrange() returns them. `on_epoch` gets a dict, and ends the training after the
  // epoch if it returns True. Returns whether the run is finished.
  module.def(
      "train_run",
      [](const Recipe& recipe, const std::shared_ptr<data::Dataset>& dataset, nb::handle folder, bool resume,
         int threads, double checkpoint_seconds, nb::object on_epoch, nb::object on_progress,
         bool with_report) {
        const std::filesystem::path run = path_of(folder);
        PythonPauses pauses(std::move(on_progress));
        bool stop = false;
        report::EventLog events(run);
        ladder::Observer observer;
        observer.on_batch = [&](const train::Progress& progress) { pauses.after_batch(progress); };
        observer.should_stop = [&] { return stop; };
        observer.on_evaluated = [&](const train::EpochRecord& epoch, const train::Evaluation& test,
                                    const train::Trainer& trainer) {
          events.add_epoch(epoch, test, trainer, *dataset);
        };
        observer.on_epoch = [&](const train::EpochRecord& epoch, const train::Evaluation&) {
          const nb::gil_scoped_acquire lock;
          stop = on_epoch(to_dict(epoch)).is(nb::bool_(true));
        };
        const nb::gil_scoped_release unlocked;
        if (!resume) ladder::require_no_job(run);
        if (resume) ladder::require_same_run(run, recipe);
        ladder::require_fit(recipe, *dataset);
        ThreadPool pool(ThreadPool::or_available(threads));
        const ladder::RunPlace place{run, resume ? train::Start::kResume : train::Start::kNew,
                                     checkpoint_seconds};
        try {
          ladder::run_recipe(recipe, *dataset, pool, place, nullptr, observer);
          if (with_report) report::write_report(run, *dataset, pool);
          return true;
        } catch (const ladder::Stopped&) {
          return false;
        }
      },
      nb::arg("recipe"), nb::arg("dataset"), nb::arg("folder"), nb::arg("resume"), nb::arg("threads"),
      nb::arg("checkpoint_seconds"), nb::arg("on_epoch"), nb::arg("on_progress").none(),
      nb::arg("with_report"));

  // The finished epochs of a run.
  module.def(
      "read_epochs",
      [](nb::handle folder) {
        nb::list epochs;
        for (const train::EpochRecord& epoch : train::read_epochs(path_of(folder)))
          epochs.append(to_dict(epoch));
        return epochs;
      },
      nb::arg("folder"));
}

}  // namespace rung::python
