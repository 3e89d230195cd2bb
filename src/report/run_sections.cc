#include "report/run_sections.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/draw_box.h"
#include "report/image_sections.h"
#include "report/learning_rates.h"
#include "report/model_section.h"
#include "report/prediction_sections.h"
#include "report/story.h"

namespace rung::report {
namespace {

constexpr double kShortest = 1e-3;  // seconds; a rate over less means nothing

// The run's curve and, if there are any, the curves of the validation images and of the notebook.
Html plot(const Exhibit& exhibit, Page& page, const char* label, Scale scale,
          double train::EpochRecord::*value, double ReferenceEpoch::*reference = nullptr,
          double train::ValidationRecord::*validation = nullptr) {
  Chart chart{.title = fmt::format("{} by epoch", label),
              .x = {"epoch"},
              .y = {label, scale},
              .series = {{exhibit.run.name, points_of(exhibit.run.record, value), 0}},
              .target = {},
              .legend = false};
  if (exhibit.run.record.epochs.back().validation && validation != nullptr) {
    chart.series.front().label = "test";
    chart.series.push_back({"validation", points_of(exhibit.run.record, validation), 1});
    chart.legend = true;
  }
  if (exhibit.notebook && reference != nullptr)
    chart.series.push_back(
        {"notebook", points_of(*exhibit.notebook, reference), 0, Series::Style::kReference});
  return page.chart(chart);
}

// Batch by batch, or where the number of training images is unknown, of each epoch's last batch.
Html learning_rate_plot(const Exhibit& exhibit, Page& page) {
  const train::RunRecord& record = exhibit.run.record;
  const optim::Training& training = exhibit.run.recipe.training;
  Chart chart{.title = "learning rate by epoch",
              .x = {"epoch"},
              .y = {"learning rate"},
              .series = {},
              .target = {},
              .legend = false};
  if (record.train_images > 0) {
    const int64_t batches = (record.train_images + training.batch_size - 1) / training.batch_size;
    chart.series = {{exhibit.run.name,
                     learning_rates(training, batches, static_cast<int>(record.epochs.size())), 0,
                     Series::Style::kBare}};
  } else {
    chart.series = {{exhibit.run.name, points_of(record, &train::EpochRecord::lr), 0, Series::Style::kSteps}};
  }
  return page.chart(chart);
}

Html epoch_table(const Exhibit& exhibit) {
  std::vector<std::vector<Html>> rows{{text("epoch"), text("learning rate, last batch"), text("train loss"),
                                       text("train accuracy, %"), text("test loss"), text("test accuracy, %"),
                                       text("train s"), text("test s")}};
  if (exhibit.run.record.epochs.back().validation)
    rows.front().insert(rows.front().end(), {text("validation loss"), text("validation accuracy, %")});
  for (const train::EpochRecord& epoch : exhibit.run.record.epochs) {
    rows.push_back({html("{}", epoch.epoch), html("{:.6g}", epoch.lr), html("{:.4f}", epoch.train_loss),
                    html("{:.2f}", epoch.train_accuracy), html("{:.4f}", epoch.test_loss),
                    html("{:.2f}", epoch.test_accuracy), html("{:.2f}", epoch.train_seconds),
                    html("{:.2f}", epoch.test_seconds)});
    if (epoch.validation)
      rows.back().insert(rows.back().end(), {html("{:.4f}", epoch.validation->loss),
                                             html("{:.2f}", epoch.validation->accuracy)});
  }
  return disclosure("The figures of every epoch", table(rows));
}

Html training_section(const Exhibit& exhibit, Page& page) {
  using train::EpochRecord;
  using train::ValidationRecord;
  Html plots{"<div class=\"plots\">"};
  plots += plot(exhibit, page, "training loss", Scale::kLogarithmic, &EpochRecord::train_loss);
  plots += plot(exhibit, page, "test loss", Scale::kLogarithmic, &EpochRecord::test_loss,
                &ReferenceEpoch::test_loss, &ValidationRecord::loss);
  plots += plot(exhibit, page, "training accuracy, %", Scale::kAccuracy, &EpochRecord::train_accuracy,
                &ReferenceEpoch::train_accuracy);
  plots += plot(exhibit, page, "test accuracy, %", Scale::kAccuracy, &EpochRecord::test_accuracy,
                &ReferenceEpoch::test_accuracy, &ValidationRecord::accuracy);
  plots += learning_rate_plot(exhibit, page);
  plots += plot(exhibit, page, "seconds of training", Scale::kLinear, &EpochRecord::train_seconds);
  plots += Html{"</div>"};
  Html section = figure(
      plots,
      html("Training, epoch by epoch. Training loss and training accuracy are measured in training mode "
           "while the weights change. The axes of losses, and of accuracies by the error that is left, are "
           "logarithmic. The learning rate is that of every batch: epoch 1 ends at 1.{}",
           exhibit.notebook ? " Dashed: the PyTorch notebook that this recipe re-creates." : ""));
  return section += epoch_table(exhibit);
}

Html draw_section(const Exhibit& exhibit, Page& page) {
  const Html box = draw_box(exhibit, page);
  if (box.empty()) return {};
  return html(
      "<p class=\"lead\">What this network makes of a drawing of yours; `rung playground` shows "
      "more.</p>\n{}",
      box);
}

Html timing_section(const Exhibit& exhibit) {
  const train::RunRecord& record = exhibit.run.record;
  const auto epochs = static_cast<double>(record.epochs.size());
  Html facts{"<dl class=\"facts\">\n"};
  const auto fact = [&](const char* name, const std::string& value) {
    facts += html("<dt>{}</dt><dd>{}</dd>\n", name, value);
  };
  fact("training",
       fmt::format("{:.1f} s, {:.2f} s per epoch", record.train_seconds(), record.train_seconds() / epochs));
  if (record.train_images > 0 && record.train_seconds() > kShortest)
    fact("images per second",
         with_commas(std::llround(record.train_images * epochs / record.train_seconds())));
  fact("with evaluation", fmt::format("{:.1f} s", record.total_seconds()));
  if (exhibit.run.finished) fact("machine", machine_text(record.machine));
  fact("seed", std::to_string(record.seed));
  fact("batch size", std::to_string(exhibit.run.recipe.training.batch_size));
  if (!record.weights_sha256.empty()) fact("weights, SHA-256", record.weights_sha256);
  facts += Html{"</dl>\n"};
  return facts;
}

Html with_data_note(const Exhibit& exhibit, const Html& body) {
  Html noted = data_note(exhibit);
  return noted += body;
}

}  // namespace

Points points_of(const train::RunRecord& record, double train::EpochRecord::*value) {
  Points points;
  for (const train::EpochRecord& epoch : record.epochs) points.emplace_back(epoch.epoch, epoch.*value);
  return points;
}

Points points_of(const train::RunRecord& record, double train::ValidationRecord::*value) {
  Points points;
  for (const train::EpochRecord& epoch : record.epochs)
    if (epoch.validation) points.emplace_back(epoch.epoch, (*epoch.validation).*value);
  return points;
}

Points points_of(const ReferenceCurve& curve, double ReferenceEpoch::*value) {
  Points points;
  for (size_t epoch = 0; epoch < curve.size(); ++epoch)
    points.emplace_back(static_cast<double>(epoch + 1), curve[epoch].*value);
  return points;
}

std::vector<Section> detail_sections(const Exhibit& exhibit, Page& page) {
  std::vector<Section> sections{
      {"training", "Training", training_section(exhibit, page)},
      {"model", "The model", model_section(exhibit.run.recipe.model, example_digit(exhibit))}};
  const auto add = [&](const std::string& id, const std::string& title, const Html& body) {
    if (!body.empty()) sections.push_back({id, title, with_data_note(exhibit, body)});
  };
  if (exhibit.predictions) {
    add("confusion", "Confusion", confusion_section(exhibit));
    add("mistakes", "Mistakes", mistakes_section(exhibit));
    add("calibration", "Calibration", calibration_section(exhibit, page));
    sections.push_back({"filters", "First-layer filters", filters_section(exhibit)});
    for (const Section& section : inside_sections(exhibit)) add(section.id, section.title, section.body);
  }
  sections.push_back({"draw", "Draw one", draw_section(exhibit, page)});
  add("augmentation", "Augmentation", augmentation_section(exhibit));
  sections.push_back({"timing", "Timing and machine", timing_section(exhibit)});
  return sections;
}

}  // namespace rung::report
