#include "torch_model.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

namespace rung::bench {
namespace {

using torch::nn::Sequential;

constexpr double kDropout = 0.08;
constexpr int64_t kPixels = 28;

void add_conv(Sequential& model, int64_t in, int64_t out, int64_t kernel) {
  model->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).bias(false)));
}

// A 3x3 convolution and what follows it: only relu in step 1, batch norm from step 2 on, dropout from step 3
// on.
void add_stage(Sequential& model, const TorchSettings& settings, int64_t in, int64_t out) {
  add_conv(model, in, out, 3);
  if (settings.step >= 2) model->push_back(torch::nn::BatchNorm2d(out));
  if (settings.step >= 3) model->push_back(torch::nn::Dropout(kDropout));
  model->push_back(torch::nn::ReLU(torch::nn::ReLUOptions(settings.inplace_relu)));
}

void add_max_pool(Sequential& model) {
  model->push_back(torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(2)));
}

void add_average_pool(Sequential& model, int64_t size) {
  model->push_back(torch::nn::AvgPool2d(torch::nn::AvgPool2dOptions(size)));
}

// Steps 1 to 3.
Sequential wide_model(const TorchSettings& settings) {
  Sequential model;
  add_stage(model, settings, 1, 10);
  add_stage(model, settings, 10, 10);
  add_max_pool(model);
  add_stage(model, settings, 10, 20);
  add_stage(model, settings, 20, 10);
  add_stage(model, settings, 10, 20);
  add_conv(model, 20, 10, 6);
  return model;
}

// Steps 4 and 5, with global average pooling.
Sequential slim_model(const TorchSettings& settings) {
  Sequential model;
  add_stage(model, settings, 1, 10);
  add_stage(model, settings, 10, 10);
  add_max_pool(model);
  for (int i = 0; i < 3; ++i) add_stage(model, settings, 10, 10);
  add_stage(model, settings, 10, 16);
  if (settings.step == 5) add_stage(model, settings, 16, 16);
  add_average_pool(model, settings.step == 5 ? 2 : 4);
  add_conv(model, 16, 10, 1);
  return model;
}

Sequential make_model(const TorchSettings& settings) {
  at::set_num_threads(settings.threads);
  at::globalContext().setUserEnabledMkldnn(settings.onednn);
  torch::manual_seed(settings.seed);
  return settings.step <= 3 ? wide_model(settings) : slim_model(settings);
}

}  // namespace

struct TorchModel::Parts {
  explicit Parts(const TorchSettings& settings)
      : model(make_model(settings)),
        sgd(model->parameters(), torch::optim::SGDOptions(settings.lr).momentum(settings.momentum)),
        format(settings.channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous) {
    if (!settings.channels_last) return;
    for (torch::Tensor& weight : model->parameters()) {
      if (weight.dim() == 4) weight.set_data(weight.contiguous(format));
    }
  }

  torch::Tensor log_probabilities(float* pixels, int images) {
    const torch::Tensor x = torch::from_blob(pixels, {images, 1, kPixels, kPixels});
    return torch::log_softmax(model->forward(x.contiguous(format)).flatten(1), 1);
  }

  Sequential model;
  torch::optim::SGD sgd;
  at::MemoryFormat format;
};

TorchModel::TorchModel(const TorchSettings& settings) : parts_(std::make_unique<Parts>(settings)) {}

TorchModel::~TorchModel() = default;

int64_t TorchModel::parameters() const {
  int64_t count = 0;
  for (const torch::Tensor& weight : parts_->model->parameters()) count += weight.numel();
  return count;
}

double TorchModel::train_batch(float* pixels, int64_t* labels, int images) {
  parts_->model->train();
  parts_->sgd.zero_grad();
  const torch::Tensor targets = torch::from_blob(labels, {images}, torch::kInt64);
  const torch::Tensor loss = torch::nll_loss(parts_->log_probabilities(pixels, images), targets);
  loss.backward();
  parts_->sgd.step();
  return loss.item<double>();
}

int TorchModel::count_correct(float* pixels, int64_t* labels, int images) {
  const torch::NoGradGuard no_gradients;
  parts_->model->eval();
  const torch::Tensor targets = torch::from_blob(labels, {images}, torch::kInt64);
  return parts_->log_probabilities(pixels, images).argmax(1).eq(targets).sum().item<int>();
}

void torch_for_each(int count, const std::function<void(int index, int thread)>& task) {
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) task(static_cast<int>(i), at::get_thread_num());
  });
}

std::string torch_version() {
  return TORCH_VERSION;
}

}  // namespace rung::bench
