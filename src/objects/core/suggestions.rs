//! "Did you mean": the closest known name (`Python/suggestions.c`).

const NAME_LENGTH_MAX: usize = 40;
const MOVE_COST: usize = 2;
const CASE_COST: usize = 1;

fn substitution_cost(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE_COST
    } else {
        MOVE_COST
    }
}

/// The edit distance, or more than `max` when it is beyond.
fn distance(a: &[u8], b: &[u8], max: usize) -> usize {
    if a == b {
        return 0;
    }
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(prefix..).unwrap_or(&[]), b.get(prefix..).unwrap_or(&[]));
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let a = a.get(..a.len() - suffix).unwrap_or(&[]);
    let b = b.get(..b.len() - suffix).unwrap_or(&[]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE_COST;
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    if a.len() > NAME_LENGTH_MAX || b.len() > NAME_LENGTH_MAX {
        return max + 1;
    }
    if (b.len() - a.len()) * MOVE_COST > max {
        return max + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|index| index * MOVE_COST).collect();
    let mut result = 0;
    for (b_index, &code) in b.iter().enumerate() {
        let mut diagonal = b_index * MOVE_COST;
        result = diagonal;
        let mut least = usize::MAX;
        for (place, &other) in row.iter_mut().zip(a) {
            let substitute = diagonal + substitution_cost(code, other);
            diagonal = *place;
            let insert_delete = result.min(diagonal) + MOVE_COST;
            result = insert_delete.min(substitute);
            *place = result;
            least = least.min(result);
        }
        if least > max {
            return max + 1;
        }
    }
    result
}

/// The name that is close enough to `wrong`, the closest of several.
pub fn closest<S: AsRef<str>>(wrong: &str, names: impl IntoIterator<Item = S>) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for (count, name) in names.into_iter().enumerate() {
        if count > 750 {
            return None;
        }
        let name = name.as_ref();
        if name == wrong {
            continue;
        }
        // No more than a third of the involved characters may need a change.
        let mut max = (wrong.len() + name.len() + 3) * MOVE_COST / 6;
        if let Some((distance, _)) = &best {
            max = max.min(distance.saturating_sub(1));
        }
        let found = distance(wrong.as_bytes(), name.as_bytes(), max);
        if found <= max && best.as_ref().is_none_or(|(distance, _)| found < *distance) {
            best = Some((found, name.to_owned()));
        }
    }
    best.map(|(_, name)| name)
}
