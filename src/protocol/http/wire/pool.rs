//! Connections that are kept between exchanges.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::{Host, Url};

use super::dial::Channel;
use super::{fault, tls};
use crate::model::{Fault, FaultKind, Owner};

/// Which connections are alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) is_tls: bool,
    pub(super) host: Host<String>,
    pub(super) port: u16,
    pub(super) client: tls::Client,
}

impl Key {
    pub(super) fn of(url: &Url, client: tls::Client) -> Result<Self, Fault> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            let message = format!("`{url}` names no host");
            return Err(fault::fault(Owner::Plugfest, FaultKind::Refused, message));
        };
        Ok(Self {
            is_tls: url.scheme() == "https",
            host: host.to_owned(),
            port,
            client,
        })
    }

    /// Host and port for people.
    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Kept connections, the last one used first.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    idle: Vec<(Key, Channel, Instant)>,
    /// Who was seen to close connections without saying so: there, every exchange gets a new one.
    distrusted: BTreeSet<Key>,
}

/// Servers close connections that idle, some after five seconds, and what is sent just then is lost.
const IDLE: Duration = Duration::from_secs(3);

/// More connections than anybody runs jobs at a time.
const MOST: usize = 256;

impl Pool {
    /// A kept connection that is still open.
    pub(super) fn take(&self, key: &Key) -> Option<Channel> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut position = inner.idle.len();
        while position > 0 {
            position -= 1;
            if inner.idle[position].0 != *key {
                continue;
            }
            let (key, mut channel, since) = inner.idle.remove(position);
            if since.elapsed() >= IDLE {
                continue;
            }
            if channel.is_quiet() {
                return Some(channel);
            }
            inner.distrusted.insert(key);
        }
        None
    }

    /// Keeps a connection for the next exchange.
    pub(super) fn give(&self, key: Key, channel: Channel) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.idle.len() >= MOST || inner.distrusted.contains(&key) {
            return;
        }
        inner.idle.push((key, channel, Instant::now()));
    }

    /// From now on, connections to this peer are not kept.
    pub(super) fn distrust(&self, key: Key) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.idle.retain(|(kept, _, _)| *kept != key);
        inner.distrusted.insert(key);
    }
}
