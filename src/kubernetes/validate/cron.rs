//! Schedules of `CronJobs`, as `robfig/cron` reads them: five fields, or `@hourly` and the like, or `@every 1h`.

/// Least and greatest number of the five fields.
const RANGES: [(&str, u32, u32); 5] = [
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 6),
];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DESCRIPTORS: [&str; 7] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// What is wrong with a schedule; `None` when nothing is.
pub(super) fn fault(schedule: &str) -> Option<String> {
    if schedule.contains("TZ") {
        return Some("cannot use TZ or CRON_TZ in schedule, use timeZone field instead".to_owned());
    }
    if let Some(interval) = schedule.strip_prefix("@every ") {
        return (crate::text::go::duration::parse_duration(interval.as_bytes()).is_err())
            .then(|| format!("failed to parse duration {interval:?}"));
    }
    if schedule.starts_with('@') {
        return (!DESCRIPTORS.contains(&schedule)).then(|| format!("unrecognized descriptor: {schedule}"));
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != RANGES.len() {
        return Some(format!("expected exactly 5 fields, found {}", fields.len()));
    }
    fields
        .iter()
        .zip(RANGES)
        .find_map(|(field, (what, least, most))| field.split(',').find_map(|part| part_fault(part, what, least, most)))
}

/// One part between commas: a number, a range or `*`, optionally with a step.
fn part_fault(part: &str, what: &str, least: u32, most: u32) -> Option<String> {
    let mut halves = part.split('/');
    let range = halves.next().unwrap_or_default();
    let step = halves.next();
    if halves.next().is_some() {
        return Some(format!("too many slashes: {part}"));
    }
    let mut ends = range.split('-');
    let first = ends.next().unwrap_or_default();
    let last = ends.next();
    if ends.next().is_some() {
        return Some(format!("too many hyphens: {part}"));
    }
    let (start, end) = if first == "*" || first == "?" {
        (least, most)
    } else {
        let start = match number(first, what) {
            Ok(start) => start,
            Err(fault) => return Some(fault),
        };
        match last.map(|last| number(last, what)) {
            Some(Err(fault)) => return Some(fault),
            Some(Ok(end)) => (start, end),
            None if step.is_some() => (start, most),
            None => (start, start),
        }
    };
    if start < least {
        return Some(format!("beginning of range ({start}) below minimum ({least}): {part}"));
    }
    if end > most {
        return Some(format!("end of range ({end}) above maximum ({most}): {part}"));
    }
    if start > end {
        return Some(format!(
            "beginning of range ({start}) beyond end of range ({end}): {part}"
        ));
    }
    match step.map(|step| number(step, "step")) {
        Some(Ok(0)) => Some(format!("step of range should be a positive number: {part}")),
        Some(Err(fault)) => Some(fault),
        _ => None,
    }
}

fn number(text: &str, what: &str) -> Result<u32, String> {
    let lower = text.to_lowercase();
    let named = match what {
        "month" => MONTHS.iter().position(|&name| name == lower).map(|at| at + 1),
        "day of week" => DAYS.iter().position(|&name| name == lower),
        _ => None,
    };
    match named {
        Some(at) => Ok(u32::try_from(at).unwrap_or_default()),
        None if !text.starts_with(['+', '-']) => {
            text.parse().map_err(|_| format!("failed to parse {text:?} as {what}"))
        }
        None => Err(format!("failed to parse {text:?} as {what}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_robfig_cron_reads_them() {
        for good in [
            "* * * * *",
            "*/5 0-6 1,15 jan-mar MON",
            "@hourly",
            "@every 1h30m",
            "0 0 ? * 0",
            "5/10 * * * *",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "*/0 * * * *",
            "a * * * *",
            "5-1 * * * *",
            "@never",
            "@every x",
            "TZ=UTC * * * * *",
            "1-2-3 * * * *",
            "1/2/3 * * * *",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
