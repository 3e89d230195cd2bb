// What people write who come from PyTorch, torchvision, Keras or scikit-learn gets the recipe's own word.
#include "recipe/synonyms.h"

#include <gtest/gtest.h>

#include <string>

#include "recipe/recipe.h"

namespace rung::recipe {
namespace {

// The hint that the recipe's error has, with the recipe's first `from` replaced.
std::string hint_for(const std::string& from, const std::string& to) {
  std::string text = R"(title = "t"
seed = 1
[dataset]
name = "./d"
validation = 5
[[augment]]
type = "random_rotation"
degrees = 10
[[augment]]
type = "random_horizontal_flip"
[[augment]]
type = "random_vertical_flip"
[model]
input = [1, 28, 28]
classes = 10
layers = [
  { type = "conv2d", out_channels = 8, kernel_size = 3, stride = 1, padding = 0, dilation = 1, bias = true },
  { type = "batch_norm2d", eps = 1e-5 },
  { type = "leaky_relu", negative_slope = 0.1 },
  { type = "max_pool2d", kernel_size = 2 },
  { type = "avg_pool2d", kernel_size = 2 },
  { type = "dropout", p = 0.1 },
  { type = "adaptive_avg_pool2d", output_size = 1 },
  { type = "flatten" },
  { type = "silu" },
  { type = "add", from = -1 },
  { type = "linear", out_features = 10 },
]
[training]
epochs = 1
batch_size = 32
precision = "bf16"
label_smoothing = 0.1
[optimizer]
type = "sgd"
lr = 0.1
momentum = 0.9
weight_decay = 1e-4
[lr_scheduler]
type = "step_lr"
step_size = 1
gamma = 0.1
[lr_warmup]
total_iters = 5
[ema]
decay = 0.9
)";
  const size_t at = text.find(from);
  if (at == std::string::npos) return "not in the recipe: " + from;
  text.replace(at, from.size(), to);
  try {
    parse(text, "r.toml");
  } catch (const RecipeError& error) {
    return error.hint();
  }
  return "accepted";
}

struct Case {
  const char* right;  // in the recipe
  const char* word;   // in its place
};

TEST(Synonyms, GiveTheRecipesWord) {
  const auto quoted = [](const std::string& word) { return "\"" + word + "\""; };
  for (const auto& [right, word] : {Case{"conv2d", "Conv2d"},
                                    {"conv2d", "Conv2D"},
                                    {"conv2d", "conv"},
                                    {"batch_norm2d", "bn"},
                                    {"batch_norm2d", "BatchNorm2d"},
                                    {"batch_norm2d", "BatchNormalization"},
                                    {"max_pool2d", "maxpool"},
                                    {"max_pool2d", "MaxPooling2D"},
                                    {"avg_pool2d", "AveragePooling2D"},
                                    {"adaptive_avg_pool2d", "gap"},
                                    {"adaptive_avg_pool2d", "GlobalAveragePooling2D"},
                                    {"linear", "dense"},
                                    {"linear", "fc"},
                                    {"leaky_relu", "LeakyReLU"},
                                    {"silu", "swish"},
                                    {"flatten", "view"},
                                    {"add", "residual"},
                                    {"random_rotation", "RandomRotation"},
                                    {"random_rotation", "rotation"},
                                    {"random_horizontal_flip", "hflip"},
                                    {"random_horizontal_flip", "mirror"},
                                    {"random_horizontal_flip", "RandomFlip"},
                                    {"random_horizontal_flip", "random_flip_left_right"},
                                    {"random_vertical_flip", "flipud"},
                                    {"random_vertical_flip", "VerticalFlip"},
                                    {"bf16", "bfloat16"},
                                    {"sgd", "SGD"},
                                    {"step_lr", "StepLR"},
                                    {"step_lr", "step"}})
    EXPECT_EQ(hint_for(quoted(right), quoted(word)), "did you mean `" + std::string(right) + "`?") << word;
  for (const auto& [right, word] : {Case{"adam", "Adam"}, {"adamw", "AdamW"}})
    EXPECT_EQ(hint_for("\"sgd\"", quoted(word)), "did you mean `" + std::string(right) + "`?") << word;
  for (const auto& [right, word] : {Case{"cosine_annealing_lr", "cosine"},
                                    {"cosine_annealing_lr", "CosineAnnealingLR"},
                                    {"one_cycle_lr", "OneCycleLR"},
                                    {"one_cycle_lr", "1cycle"},
                                    {"cyclic_lr", "CyclicLR"},
                                    {"exponential_lr", "exponential"},
                                    {"none", "constant"}})
    EXPECT_EQ(hint_for("\"step_lr\"", quoted(word)), "did you mean `" + std::string(right) + "`?") << word;
}

TEST(Synonyms, OfKeys) {
  for (const auto& [right, word] : {Case{"seed", "random_state"},  {"name", "path"},
                                    {"precision", "dtype"},        {"precision", "amp"},
                                    {"precision", "autocast"},     {"validation", "val_split"},
                                    {"classes", "num_classes"},    {"input", "input_shape"},
                                    {"out_channels", "filters"},   {"kernel_size", "kernel"},
                                    {"stride", "strides"},         {"padding", "pad"},
                                    {"dilation", "dilation_rate"}, {"bias", "use_bias"},
                                    {"out_features", "units"},     {"epochs", "n_epochs"},
                                    {"epochs", "num_epochs"},      {"batch_size", "batchsize"},
                                    {"batch_size", "bs"},          {"lr", "learning_rate"},
                                    {"weight_decay", "wd"},        {"total_iters", "warmup_steps"},
                                    {"degrees", "angle"}})
    EXPECT_EQ(hint_for(std::string(right) + " = ", std::string(word) + " = "),
              "did you mean `" + std::string(right) + "`?")
        << word;
}

TEST(Synonyms, OfTables) {
  for (const auto& [right, word] : {Case{"training", "train"},
                                    {"optimizer", "optim"},
                                    {"optimizer", "optimiser"},
                                    {"lr_scheduler", "lr_schedule"},
                                    {"lr_scheduler", "scheduler"},
                                    {"lr_warmup", "warmup"},
                                    {"dataset", "data"},
                                    {"model", "network"},
                                    {"augment", "transforms"}})
    EXPECT_EQ(hint_for("[" + std::string(right) + "]", "[" + std::string(word) + "]"),
              "did you mean `" + std::string(right) + "`?")
        << word;
}

TEST(Synonyms, KeysOfAnotherTableAreSentThere) {
  EXPECT_EQ(hint_for("epochs = 1", "epochs = 1\nlr = 0.1"), "`lr` belongs in [optimizer]");
  EXPECT_EQ(hint_for("epochs = 1", "epochs = 1\nlearning_rate = 0.1"), "did you mean `lr` in [optimizer]?");
  EXPECT_EQ(hint_for("seed = 1", "epochs = 1"), "`epochs` belongs in [training]");
  EXPECT_EQ(hint_for("epochs = 1", "epochs = 1\nseed = 2"),
            "`seed` belongs at the top of the recipe, before any table");
  EXPECT_EQ(hint_for("decay = 0.9", "momentum = 0.9"), "`momentum` belongs in [optimizer]");
  EXPECT_EQ(hint_for("epochs = 1", "epochs = 1\ncentered = true"), "`centered` belongs in [optimizer]");
  EXPECT_EQ(hint_for("epochs = 1", "epochs = 1\ndiv_factor = 25"), "`div_factor` belongs in [lr_scheduler]");
  EXPECT_EQ(hint_for("lr = 0.1", "max_lr = 0.1"), "`max_lr` belongs in [lr_scheduler]");
  EXPECT_EQ(hint_for("\"sgd\"", "\"adam\""), "") << "a table's own key that its type does not have";
  EXPECT_EQ(hint_for("\"silu\"", "\"silu\", alpha = 1"), "") << "a layer's key is of no other table";
}

}  // namespace
}  // namespace rung::recipe
