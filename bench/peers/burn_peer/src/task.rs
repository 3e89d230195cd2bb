//! The folder that bench/peer_task.h describes, read into memory.

use serde::Deserialize;
use std::{fs, io, ops::Range, path::Path};

/// A layer of the resolved recipe; fields that a layer does not have are absent.
#[derive(Deserialize)]
pub struct LayerSpec {
    #[serde(rename = "type")]
    pub kind: String,
    pub out_channels: Option<usize>,
    pub kernel_size: Option<usize>,
    pub bias: Option<bool>,
    pub p: Option<f64>,
    pub eps: Option<f64>,
    pub momentum: Option<f64>,
}

#[derive(Deserialize)]
pub struct Model {
    pub layers: Vec<LayerSpec>,
}

#[derive(Deserialize)]
pub struct Training {
    pub batch_size: usize,
}

#[derive(Deserialize)]
pub struct Optimizer {
    pub lr: f64,
    pub momentum: f64,
}

#[derive(Deserialize)]
pub struct Recipe {
    pub seed: u64,
    pub model: Model,
    pub training: Training,
    pub optimizer: Optimizer,
}

#[derive(Deserialize)]
pub struct Facts {
    pub recipe: Recipe,
    pub parameters: usize,
    pub mean: f32,
    pub std: f32,
    pub side: usize,
}

pub struct Split {
    pub images: Vec<u8>, // [N,side,side]
    pub labels: Vec<u8>, // [N]
}

pub struct Task {
    pub facts: Facts,
    pub train: Split,
    pub test: Split,
}

impl Task {
    pub fn read(folder: &Path) -> io::Result<Task> {
        let facts = serde_json::from_slice(&fs::read(folder.join("task.json"))?)?;
        let split = |name: &str| -> io::Result<Split> {
            Ok(Split {
                images: fs::read(folder.join(format!("{name}_images")))?,
                labels: fs::read(folder.join(format!("{name}_labels")))?,
            })
        };
        Ok(Task { facts, train: split("train")?, test: split("test")? })
    }
}

/// The batches of an epoch; the last one may be smaller.
pub fn batches(count: usize, size: usize) -> Vec<Range<usize>> {
    (0..count).step_by(size).map(|first| first..(first + size).min(count)).collect()
}
