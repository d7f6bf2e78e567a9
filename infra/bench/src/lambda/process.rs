//! What the kernel says of a process.

use std::fs;

/// Milliseconds that all its threads have had a processor.
pub(crate) fn cpu_ms(pid: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let nanos = tasks.filter_map(|task| {
        let stat = fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<u64>().ok()
    });
    #[expect(clippy::cast_precision_loss, reason = "minutes at most")]
    let nanos = nanos.sum::<u64>() as f64;
    nanos / 1e6
}

/// Megabytes of memory that it holds now, and the most it ever held.
pub(crate) fn memory_mb(pid: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes: f64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0);
        kilobytes / 1024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
