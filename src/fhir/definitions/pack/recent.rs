//! The blocks that were inflated last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many blocks are kept.
const BLOCKS: usize = 6;

/// No larger block is kept: it is one definition, which its reader keeps in a form of its own.
const LARGEST: usize = 1 << 18;

/// A few blocks, the newest at the end. Memory stays below `BLOCKS * LARGEST`.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<VecDeque<(u16, Arc<[u8]>)>>);

impl Recent {
    pub(super) fn get(&self, number: u16) -> Option<Arc<[u8]>> {
        let blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = blocks.iter().find(|(known, _)| *known == number)?;
        Some(found.1.clone())
    }

    pub(super) fn keep(&self, number: u16, block: &Arc<[u8]>) {
        if block.len() > LARGEST {
            return;
        }
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if blocks.len() >= BLOCKS {
            blocks.pop_front();
        }
        blocks.push_back((number, block.clone()));
    }
}
