//! Work on many items at once, with results in the order of the items.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// How many results may wait for their turn, for each worker.
const WAITING: usize = 64;

/// Gives every item to one of `jobs` workers, and every result to `sink`, in the order of the items.
pub fn each<T: Send, R: Send>(
    jobs: usize,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
    mut sink: impl FnMut(R),
) {
    let items = Mutex::new(items.enumerate());
    let (sender, receiver) = mpsc::sync_channel(jobs * WAITING);
    thread::scope(|scope| {
        for _ in 0..jobs {
            let sender = sender.clone();
            scope.spawn(|| {
                let sender = sender;
                let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some((place, item)) = next() {
                    if sender.send((place, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        in_order(receiver, &mut sink);
    });
}

fn in_order<R>(receiver: mpsc::Receiver<(usize, R)>, sink: &mut impl FnMut(R)) {
    let mut waiting = BTreeMap::new();
    let mut turn = 0;
    for (place, result) in receiver {
        waiting.insert(place, result);
        while let Some(result) = waiting.remove(&turn) {
            sink(result);
            turn += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let mut seen = Vec::new();
        each(3, 0..1000, |item| item * 2, |result| seen.push(result));
        assert_eq!(seen, (0..1000).map(|item| item * 2).collect::<Vec<_>>());
    }
}
