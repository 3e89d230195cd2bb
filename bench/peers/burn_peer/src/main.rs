//! burn_peer: a task trained by Burn on its CPU backend, Flex. It takes the arguments and prints the figures of
//! the peers in Python (peer.py beside this folder).

mod model;
mod task;

use model::Trainer;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};
use task::{batches, Task};

// Not counted, as in the other peers.
const WARM_UP_BATCHES: usize = 20;
const TEST_BATCH: usize = 1000;

struct Options {
    task: PathBuf,
    threads: usize,
    seconds: f64,
    epochs: usize, // 0: as many batches as fit in `seconds`
    evaluate: bool,
}

fn options() -> Result<Options, String> {
    let mut options =
        Options { task: PathBuf::new(), threads: 2, seconds: 5.0, epochs: 0, evaluate: false };
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        let wrong = |error: &dyn std::fmt::Display| format!("{name}: {error}");
        match name.as_str() {
            "--task" => options.task = value()?.into(),
            "--threads" => options.threads = value()?.parse().map_err(|error| wrong(&error))?,
            "--seconds" => options.seconds = value()?.parse().map_err(|error| wrong(&error))?,
            "--epochs" => options.epochs = value()?.parse().map_err(|error| wrong(&error))?,
            "--evaluate" => options.evaluate = true,
            "--json" => {} // there is no other output
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(options)
}

/// Images per second after a warm-up: the median over tenths of the time, as in `rung bench`.
fn measure(trainer: &mut Trainer, task: &Task, seconds: f64) -> f64 {
    let batches = batches(task.train.labels.len(), task.facts.recipe.training.batch_size);
    batches[1..WARM_UP_BATCHES].iter().for_each(|batch| trainer.train(batch.clone()));
    let mut next = batches.iter().cycle();
    let mut speeds = Vec::new();
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds {
        let mut images = 0;
        let stretch = Instant::now();
        while stretch.elapsed().as_secs_f64() < seconds / 10.0 {
            let batch = next.next().unwrap().clone();
            images += batch.len();
            trainer.train(batch);
        }
        speeds.push(images as f64 / stretch.elapsed().as_secs_f64());
    }
    speeds.sort_by(f64::total_cmp);
    speeds[speeds.len() / 2]
}

/// The mean over whole epochs.
fn train_epochs(trainer: &mut Trainer, task: &Task, epochs: usize) -> f64 {
    let start = Instant::now();
    for _ in 0..epochs {
        for batch in batches(task.train.labels.len(), task.facts.recipe.training.batch_size) {
            trainer.train(batch);
        }
    }
    (epochs * task.train.labels.len()) as f64 / start.elapsed().as_secs_f64()
}

/// By field 22 of /proc/self/stat (man 5 proc), in hundredths of a second; field 2, the program's name, ends with the
/// last parenthesis.
fn seconds_since_process_start() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let start = stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(19)).unwrap();
    uptime.split_whitespace().next().unwrap().parse::<f64>().unwrap() - start.parse::<f64>().unwrap() / 100.0
}

/// The most memory that was ever resident.
fn peak_resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}

fn run() -> Result<(), String> {
    let options = options()?;
    env::set_var("RAYON_NUM_THREADS", options.threads.to_string()); // Burn's threads are Rayon's
    let task = Task::read(&options.task).map_err(|error| format!("{}: {error}", options.task.display()))?;
    let mut trainer = Trainer::new(&task)?;
    if trainer.parameters() != task.facts.parameters {
        let (found, expected) = (trainer.parameters(), task.facts.parameters);
        return Err(format!("the model has {found} parameters, but the recipe's has {expected}"));
    }
    trainer.train(0..task.facts.recipe.training.batch_size);
    let first_batch = seconds_since_process_start();
    let speed = match options.epochs {
        0 => measure(&mut trainer, &task, options.seconds),
        epochs => train_epochs(&mut trainer, &task, epochs),
    };
    let mut figures = serde_json::json!({
        "version": "Burn 0.22.1, Flex",
        "threads": options.threads,
        "first_batch_seconds": first_batch,
        "images_per_second": speed,
        "peak_rss_mib": peak_resident_mib(),
    });
    if options.evaluate {
        let count = task.test.labels.len();
        let correct: usize =
            batches(count, TEST_BATCH).into_iter().map(|batch| trainer.count_correct(batch)).sum();
        figures["test_accuracy"] = (100.0 * correct as f64 / count as f64).into();
    }
    println!("{figures}");
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        eprintln!("burn_peer: error: {error}");
        std::process::exit(1);
    }
}
