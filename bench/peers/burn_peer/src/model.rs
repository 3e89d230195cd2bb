//! A recipe's layers as modules of Burn, and a step of its SGD.

use crate::task::{LayerSpec, Split, Task};
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Relu};
use burn::optim::{momentum::MomentumConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::ops::Range;

#[derive(Module, Debug)]
pub enum Layer {
    Conv2d(Conv2d),
    BatchNorm(BatchNorm),
    Dropout(Dropout),
    Relu(Relu),
    MaxPool2d(MaxPool2d),
    AvgPool2d(AvgPool2d),
}

#[derive(Module, Debug)]
pub struct Sequential {
    layers: Vec<Layer>,
}

impl Layer {
    fn new(spec: &LayerSpec, channels: usize, device: &Device) -> Result<Layer, String> {
        let absent = || format!("a layer {} lacks a field", spec.kind);
        let window = || spec.kernel_size.map(|size| [size, size]).ok_or_else(absent);
        Ok(match spec.kind.as_str() {
            "conv2d" => {
                let out = spec.out_channels.ok_or_else(absent)?;
                let bias = spec.bias.ok_or_else(absent)?;
                Layer::Conv2d(Conv2dConfig::new([channels, out], window()?).with_bias(bias).init(device))
            }
            "batch_norm2d" => {
                let config = BatchNormConfig::new(channels).with_epsilon(spec.eps.ok_or_else(absent)?);
                Layer::BatchNorm(config.with_momentum(spec.momentum.ok_or_else(absent)?).init(device))
            }
            "dropout" => Layer::Dropout(DropoutConfig::new(spec.p.ok_or_else(absent)?).init()),
            "relu" => Layer::Relu(Relu::new()),
            "max_pool2d" => Layer::MaxPool2d(MaxPool2dConfig::new(window()?).init()),
            "avg_pool2d" => Layer::AvgPool2d(AvgPool2dConfig::new(window()?).init()),
            other => return Err(format!("the Burn peer has no layer {other}")),
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Layer::Conv2d(layer) => layer.forward(x),
            Layer::BatchNorm(layer) => layer.forward(x),
            Layer::Dropout(layer) => layer.forward(x),
            Layer::Relu(layer) => layer.forward(x),
            Layer::MaxPool2d(layer) => layer.forward(x),
            Layer::AvgPool2d(layer) => layer.forward(x),
        }
    }
}

impl Sequential {
    fn new(specs: &[LayerSpec], device: &Device) -> Result<Sequential, String> {
        let mut channels = 1;
        let mut layers = Vec::new();
        for spec in specs {
            layers.push(Layer::new(spec, channels, device)?);
            channels = spec.out_channels.unwrap_or(channels);
        }
        Ok(Sequential { layers })
    }

    fn logits(&self, images: Tensor<4>) -> Tensor<2> {
        self.layers.iter().fold(images, |x, layer| layer.forward(x)).flatten(1, 3)
    }
}

pub struct Trainer<'a> {
    task: &'a Task,
    device: Device,
    model: Option<Sequential>, // none only within a step
    optimizer: ModuleOptimizer,
    loss: CrossEntropyLoss,
}

impl Trainer<'_> {
    pub fn new(task: &Task) -> Result<Trainer<'_>, String> {
        let device = Device::flex().autodiff();
        device.seed(task.facts.recipe.seed);
        let model = Sequential::new(&task.facts.recipe.model.layers, &device)?;
        // Dampening is 0.1 by default; that of PyTorch and of Rung is 0.
        let momentum = MomentumConfig::new().with_momentum(task.facts.recipe.optimizer.momentum).with_dampening(0.0);
        let optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
        let loss = CrossEntropyLossConfig::new().init(&device);
        Ok(Trainer { task, device, model: Some(model), optimizer, loss })
    }

    /// Running statistics of batch norm are not among them.
    pub fn parameters(&self) -> usize {
        let layers = &self.model.as_ref().unwrap().layers;
        let count = |layer: &Layer| match layer {
            Layer::BatchNorm(norm) => norm.gamma.shape().num_elements() + norm.beta.shape().num_elements(),
            other => other.num_params(),
        };
        layers.iter().map(count).sum()
    }

    /// One step of SGD on these training images.
    pub fn train(&mut self, batch: Range<usize>) {
        let (images, labels) = self.batch(&self.task.train, batch, &self.device);
        let model = self.model.take().unwrap();
        let loss = self.loss.forward(model.logits(images), labels);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.optimizer.step(self.task.facts.recipe.optimizer.lr, model, gradients));
        let _: f32 = loss.into_scalar();
    }

    /// How many of these test images the model classifies correctly in evaluation mode.
    pub fn count_correct(&self, batch: Range<usize>) -> usize {
        let model = self.model.clone().unwrap().valid();
        let (images, labels) = self.batch(&self.task.test, batch, &Device::flex());
        let right = model.logits(images).argmax(1).flatten::<1>(0, 1).equal(labels);
        right.int().sum().into_scalar::<i64>() as usize
    }

    fn batch(&self, split: &Split, batch: Range<usize>, device: &Device) -> (Tensor<4>, Tensor<1, Int>) {
        let facts = &self.task.facts;
        let size = facts.side * facts.side;
        let normalised = |pixel: &u8| (f32::from(*pixel) / 255.0 - facts.mean) / facts.std;
        let pixels: Vec<f32> =
            split.images[batch.start * size..batch.end * size].iter().map(normalised).collect();
        let labels: Vec<i64> = split.labels[batch.clone()].iter().map(|label| i64::from(*label)).collect();
        let shape = [batch.len(), 1, facts.side, facts.side];
        let images = Tensor::from_data(TensorData::new(pixels, shape), device);
        (images, Tensor::from_data(TensorData::new(labels, [batch.len()]), device))
    }
}
