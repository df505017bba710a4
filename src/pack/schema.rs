//! The JSON Schemas of pack and requirement files.

use schemars::{Schema, generate::SchemaSettings};

use super::manifest::{PackFile, RequirementsFile};

/// The JSON Schema of `pack.yaml`.
pub fn pack_schema() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<PackFile>()
}

/// The JSON Schema of `requirements.yaml`.
pub fn requirements_schema() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<RequirementsFile>()
}
