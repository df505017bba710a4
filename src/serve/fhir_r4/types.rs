//! The resource types that the server offers, and what it offers of each.

/// What a server keeps of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// No versions: no version ids, no history.
    None,
    /// Versions, and an update may name the one that it starts from.
    Checked,
}

/// Which conditional deletes work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionalDelete {
    /// None.
    No,
    /// What one resource matches.
    Single,
    /// Whatever matches.
    Multiple,
}

impl ConditionalDelete {
    /// The code in a CapabilityStatement.
    pub fn code(self) -> &'static str {
        match self {
            ConditionalDelete::No => "not-supported",
            ConditionalDelete::Single => "single",
            ConditionalDelete::Multiple => "multiple",
        }
    }
}

/// One offered resource type.
#[derive(Debug)]
pub struct Offered {
    /// The name.
    pub name: &'static str,
    /// Versions.
    pub versioning: Versioning,
    /// Whether a client may choose the id of a new resource.
    pub update_create: bool,
    /// Whether conditional create, update and patch work.
    pub conditional: bool,
    /// Which conditional deletes work.
    pub conditional_delete: ConditionalDelete,
    /// The interactions, by their codes.
    pub interactions: &'static [&'static str],
}

const ALL: &[&str] = &[
    "read",
    "vread",
    "history-instance",
    "history-type",
    "search-type",
    "create",
    "update",
    "patch",
    "delete",
];

const fn full(name: &'static str) -> Offered {
    Offered {
        name,
        versioning: Versioning::Checked,
        update_create: true,
        conditional: true,
        conditional_delete: ConditionalDelete::Single,
        interactions: ALL,
    }
}

/// The offered types. Most are alike; some differ, so that the rules for servers that offer less can be seen, too:
/// `Person` has no versions, no client ids and nothing conditional, `Provenance` is written once and then only read,
/// and a conditional delete of `Observation` or `Practitioner` may hit several.
pub const OFFERED: &[Offered] = &[
    full("AllergyIntolerance"),
    full("Basic"),
    full("Condition"),
    full("Device"),
    full("DiagnosticReport"),
    full("DocumentReference"),
    full("Encounter"),
    full("Group"),
    full("HealthcareService"),
    full("Immunization"),
    full("Location"),
    full("MedicationRequest"),
    Offered {
        conditional_delete: ConditionalDelete::Multiple,
        ..full("Observation")
    },
    full("Organization"),
    full("Patient"),
    Offered {
        versioning: Versioning::None,
        update_create: false,
        conditional: false,
        conditional_delete: ConditionalDelete::No,
        interactions: &["read", "search-type", "create", "update", "delete"],
        ..full("Person")
    },
    Offered {
        conditional_delete: ConditionalDelete::Multiple,
        ..full("Practitioner")
    },
    full("PractitionerRole"),
    full("Procedure"),
    Offered {
        update_create: false,
        conditional: false,
        conditional_delete: ConditionalDelete::No,
        interactions: &[
            "read",
            "vread",
            "history-instance",
            "history-type",
            "search-type",
            "create",
        ],
        ..full("Provenance")
    },
    full("Questionnaire"),
    full("QuestionnaireResponse"),
    full("RelatedPerson"),
    full("RiskAssessment"),
    full("ValueSet"),
];

/// The offered type of that name. Names are case-sensitive.
pub fn offered(name: &str) -> Option<&'static Offered> {
    OFFERED.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::shapes::is_resource;

    #[test]
    fn every_offered_type_has_a_shape() {
        assert!(OFFERED.iter().all(|kind| is_resource(kind.name)));
        assert!(OFFERED.is_sorted_by_key(|kind| kind.name));
    }
}
