//! The resources that the server starts with: made-up people at made-up places, the same at every start.

use super::json::{Json, parse};
use super::message::Method;
use super::route::Target;
use super::store::Store;
use super::types::offered;
use jiff::{Timestamp, ToSpan};

/// When the first of them was stored; each later one a minute after.
const START: i64 = 1_704_877_200;

/// A store with the resources of the fixture. One that is there twice has two versions.
pub fn store() -> Store {
    let mut store = Store::new();
    // invariant: the fixture is part of the program, and a test reads it.
    let bundle = parse(include_str!("../../../fixtures/fhir-r4/seed.json")).unwrap_or(Json::Null);
    let mut now = Timestamp::from_second(START).unwrap_or_default();
    for resource in bundle
        .each("entry")
        .iter()
        .filter_map(|entry| entry.get("resource"))
    {
        let (Some(kind), Some(id)) = (offered(resource.resource_type()), resource.text("id"))
        else {
            continue;
        };
        let target = Target {
            resource_type: kind.name,
            id: id.to_owned(),
        };
        store.put(&target, Method::Put, Some(resource.clone()), now);
        now = now.checked_add(1.minute()).unwrap_or(now);
    }
    store
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::types::OFFERED;
    use crate::serve::fhir_r4::validate;

    #[test]
    fn every_type_has_sound_examples() {
        let store = store();
        for kind in OFFERED {
            let found: Vec<_> = store.current_at(kind.name, store.sequence()).collect();
            assert!(!found.is_empty(), "there is no {}", kind.name);
            for version in found {
                assert_eq!(
                    validate::faults(version.resource.as_ref().unwrap()),
                    [],
                    "{}",
                    version.target.reference()
                );
            }
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        let store = store();
        let weight = Target {
            resource_type: "Observation",
            id: "obs-2".to_owned(),
        };
        assert!(
            store
                .current(&weight)
                .unwrap()
                .resource
                .as_ref()
                .unwrap()
                .to_string()
                .contains("\"value\":80.50")
        );
    }
}
