// The Analysis in words.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "data/class_names.h"
#include "ladder/analysis.h"
#include "ladder/p_value.h"
#include "ladder/run_statistics.h"

namespace rung::ladder {
namespace {

using recipe::Recipe;
using train::RunRecord;

int64_t batches_of(const Recipe& recipe, const RunRecord& record) {
  const int batch = recipe.training.batch_size;
  return int64_t{recipe.training.epochs} * ((record.train_images + batch - 1) / batch);
}

std::string accuracies(const Analysis& analysis, const RunRecord& record) {
  return fmt::format(
      "training accuracy is {:.2f} %{} and test accuracy {:.2f} %, both in evaluation mode",
      analysis.train_accuracy,
      analysis.classes.imbalanced() && record.test_classes ? " (with the test set's mix of classes)" : "",
      record.final_test_accuracy());
}

std::string fit_sentence(const Analysis& analysis, const data::DatasetSpec& dataset,
                         const RunRecord& record) {
  const double chance = kErrors * analysis.standard_error;
  const std::string figures = accuracies(analysis, record);
  switch (analysis.fit) {
    case Fit::kNotLearned:
      return fmt::format(
          "It did not learn: {}, and always giving the same answer would reach {:.2f} % of the test images.",
          figures, chance_accuracy(*record.test_classes));
    case Fit::kCollapsed:
      return fmt::format("Its predictions collapse: {:.1f} % of the test images are predicted as {}; {}.",
                         analysis.classes.answered_share, class_list(analysis.classes.answered, dataset),
                         figures);
    case Fit::kAverageLags:
      return fmt::format(
          "The average of the weights lags behind the weights in training: {:.2f} % of the test images "
          "against {:.2f} %, where chance gives ±{:.2f}.",
          record.final_test_accuracy(), *record.trained_weights_test_accuracy, chance);
    case Fit::kOverfits:
      return fmt::format("It overfits: {}. The gap of {:+.2f} points is more than half of the test error.",
                         figures, analysis.gap);
    case Fit::kSlightlyOverfits:
      return fmt::format(
          "It overfits slightly: {}. The gap of {:+.2f} points is more than chance (±{:.2f}), but at most "
          "half of the test error.",
          figures, analysis.gap, chance);
    case Fit::kUnderfits:
      return fmt::format("It underfits: {}. The training error is as high as the test error.", figures);
    case Fit::kBalanced:
      return fmt::format("It fits well: {}. The gap of {:+.2f} points is within chance (±{:.2f}).", figures,
                         analysis.gap, chance);
  }
  return "";
}

std::string stability_sentence(const Analysis& analysis, const RunRecord& record) {
  switch (analysis.stability) {
    case Stability::kTooShort:
      return fmt::format("There are too few epochs ({}) to say whether test accuracy has settled.",
                         record.epochs.size());
    case Stability::kRising:
      return fmt::format(
          "Test accuracy still rises: the mean of the last three epochs is {:.2f} points above that of the "
          "three before.",
          analysis.trend);
    case Stability::kSwinging:
      return fmt::format(
          "Test accuracy still swings, by {:.2f} points over the last five epochs: a smaller learning rate "
          "at the end would calm it.",
          analysis.swing);
    case Stability::kSettled:
      return fmt::format("Test accuracy has settled: it moved by {:.2f} points over the last five epochs.",
                         analysis.swing);
  }
  return "";
}

// Why an average lags, and how to fix it.
std::string average_sentence(const Recipe& recipe, const RunRecord& record) {
  constexpr double kEnough = 5;  // times the batches that the average is over
  if (!recipe.training.ema) return "The average of the weights is the limit.";
  const auto& [decay, use_buffers] = *recipe.training.ema;
  const bool has_norm = std::ranges::any_of(recipe.model.layers, [](const nn::LayerSpec& layer) {
    return std::holds_alternative<nn::BatchNorm2d>(layer);
  });
  if (has_norm && !use_buffers)
    return "The average is the limit: batch norm's statistics are those of the weights in training, not of "
           "their average. Set use_buffers = true in [ema].";
  const double over = 1 / (1 - decay);
  const int64_t batches = batches_of(recipe, record);
  if (static_cast<double>(batches) >= kEnough * over)
    return "The average is the limit: lower decay in [ema], or let the learning rate fall towards the end.";
  return fmt::format(
      "The average is the limit: with a decay of {} it is over about {} batches, and the run has {}. Lower "
      "decay in [ema], or train for longer.",
      decay, with_commas(std::llround(over)), with_commas(batches));
}

std::string balance_sentence(const Analysis& analysis, const Recipe& recipe, const RunRecord& record) {
  std::string text = fmt::format("The imbalance of the training images is the limit: {}.",
                                 training_images_text(record, analysis.classes, recipe.dataset));
  if (!analysis.classes.missing.empty())
    text += fmt::format(
        " No model learns a class that it never sees: {}.",
        record.validation_images > 0 && recipe.dataset.validation_split == data::ValidationSplit::kLast
            ? "set validation_split = \"stratified\" in [dataset], so that validation leaves images of every "
              "class"
            : "add images of it");
  if (analysis.classes.rare.empty()) return text;
  return text +
         (recipe.training.class_weights
              ? " Class weights are set already: more images of the rare classes would help, or "
                "augmentation."
              : " Weight the classes in the loss with class_weights = \"balanced\" in [training], or add "
                "images of the rare ones.");
}

std::string learning_sentence(const Recipe& recipe, const RunRecord& record) {
  const int64_t batches = batches_of(recipe, record);
  return fmt::format(
      "Likely causes: the learning rate is too high or too low (`rung lr-find` suggests one); the run is too "
      "short ({} {}); or labels do not belong to their images.",
      with_commas(batches), batches == 1 ? "batch" : "batches");
}

std::string limit_sentence(const Analysis& analysis, const Recipe& recipe, const RunRecord& record) {
  // How much dropout and augmentation lower the accuracy in training mode compared with evaluation mode.
  const double held_back = record.train_accuracy_evaluated - record.epochs.back().train_accuracy;
  switch (analysis.limit) {
    case Limit::kLearning:
      return learning_sentence(recipe, record);
    case Limit::kClassBalance:
      return balance_sentence(analysis, recipe, record);
    case Limit::kAverage:
      return average_sentence(recipe, record);
    case Limit::kTraining:
      return "Training time is the limit so far: train for more epochs before changing the model.";
    case Limit::kRegularisation:
      return "Regularisation is the limit, not capacity: dropout, augmentation or fewer parameters should "
             "help.";
    case Limit::kCapacity:
      return fmt::format(
          "Capacity is the limit: add parameters where the budget allows it{}.",
          held_back > kErrors * analysis.standard_error
              ? fmt::format(", or regularise less (accuracy in training mode is {:.2f} points lower)",
                            held_back)
              : "");
    case Limit::kBalanced:
      return "Neither capacity nor regularisation stands out as the limit.";
  }
  return "";
}

// "class 3 (12.0 %), class 4 (0.0 %)", and how many more.
std::string recalls_text(const std::vector<size_t>& classes, const data::DatasetSpec& dataset,
                         const train::ClassResults& results) {
  constexpr size_t kMost = 6;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, classes.size()); ++i)
    text += fmt::format("{}class {} ({:.1f} %)", i == 0 ? "" : ", ", data::class_name(dataset, classes[i]),
                        *results.recall(classes[i]));
  if (classes.size() > kMost) text += fmt::format(" and {} more", classes.size() - kMost);
  return text;
}

std::vector<std::string> class_sentences(const Analysis& analysis, const data::DatasetSpec& dataset,
                                         const RunRecord& record) {
  std::vector<std::string> sentences;
  const ClassFindings& classes = analysis.classes;
  if (!classes.low.empty())
    sentences.push_back(fmt::format("Recall is far below the usual {:.1f} % for {}.", classes.usual_recall,
                                    recalls_text(classes.low, dataset, *record.test_classes)));
  if (shows_balanced(record))
    sentences.push_back(fmt::format(
        "Balanced test accuracy, the mean recall of the classes, is {:.2f} %; accuracy is {:.2f} %.",
        *record.epochs.back().balanced_test_accuracy, record.final_test_accuracy()));
  if (classes.imbalanced() && analysis.limit != Limit::kClassBalance)
    sentences.push_back(
        fmt::format("Training is imbalanced: {}.", training_images_text(record, classes, dataset)));
  return sentences;
}

// Splits that do not agree although the model is the same.
std::vector<std::string> split_sentences(const Analysis& analysis, const RunRecord& record) {
  constexpr double kFarApart = 2;  // points
  std::vector<std::string> sentences;
  const double test = record.final_test_accuracy();
  const auto& validation = record.epochs.back().validation;
  if (validation && record.validation_images > 0) {
    const double chance =
        kErrors *
        std::hypot(analysis.standard_error, standard_error(validation->accuracy, record.validation_images));
    if (std::abs(validation->accuracy - test) > std::max(chance, kFarApart))
      sentences.push_back(
          fmt::format("Validation accuracy is {:.2f} % and test accuracy {:.2f} %, further apart than chance "
                      "explains: the "
                      "validation images differ from the test images, in kind or in their mix of classes.",
                      validation->accuracy, test));
  }
  if (record.test_classes && analysis.fit == Fit::kOverfits && analysis.classes.low.empty() &&
      test <= chance_accuracy(*record.test_classes) + kErrors * analysis.standard_error)
    sentences.push_back(
        "Test accuracy is at chance, although training accuracy is not: check that the test labels belong to "
        "the test images.");
  return sentences;
}

}  // namespace

std::vector<std::string> sentences_of(const Analysis& analysis, const Recipe& recipe,
                                      const RunRecord& record) {
  std::vector<std::string> sentences = {fit_sentence(analysis, recipe.dataset, record)};
  const auto add = [&](const std::vector<std::string>& more) {
    sentences.insert(sentences.end(), more.begin(), more.end());
  };
  add(class_sentences(analysis, recipe.dataset, record));
  add(split_sentences(analysis, record));
  if (analysis.fit != Fit::kNotLearned) sentences.push_back(stability_sentence(analysis, record));
  sentences.push_back(limit_sentence(analysis, recipe, record));
  return sentences;
}

std::string significance_sentence(const McNemar& test, const std::string& previous) {
  const std::string counts = fmt::format(
      "test images that only this run gets right: {}; that only {} gets right: {} (McNemar, {})",
      with_commas(test.only_second), previous, with_commas(test.only_first), p_value_equation(test.p_value));
  if (test.p_value >= kSignificance)
    return fmt::format("Not significantly different from {}: {}.", previous, counts);
  return fmt::format("Significantly {} than {}: {}.", test.only_second > test.only_first ? "better" : "worse",
                     previous, counts);
}

}  // namespace rung::ladder
