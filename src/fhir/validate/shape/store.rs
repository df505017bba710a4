//! The shapes of one set of definitions: each is compiled once, at its first use, by whichever thread comes first.

use super::{Shape, ShapeId, build};
use crate::fhir::definitions::{
    Canonical, Definitions, Missing, STRUCTURE_BASE, Structure, Trail, all, text,
};
use crate::fhir::snapshot;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Shapes are found through two tables of this length, which grow without moving what is there.
const CHUNK: usize = 256;

type Cell = OnceLock<Result<Box<Shape>, Missing>>;

struct Slot {
    address: Box<str>,
    shape: Cell,
}

/// A canonical address as a structure writes it: `#id` is something that the structure contains.
pub(in crate::fhir::validate) fn absolute<'a>(
    structure: &Structure,
    address: &'a str,
) -> Cow<'a, str> {
    match address.starts_with('#') {
        true => Cow::Owned(format!("{}{address}", structure.canonical())),
        false => Cow::Borrowed(address),
    }
}

/// All shapes of one set of definitions.
pub(in crate::fhir::validate) struct Shapes {
    definitions: Arc<Definitions>,
    ids: RwLock<HashMap<Box<str>, ShapeId>>,
    chunks: Vec<OnceLock<Vec<OnceLock<Slot>>>>,
}

impl Shapes {
    /// Nothing is compiled yet.
    pub(in crate::fhir::validate) fn new(definitions: Arc<Definitions>) -> Self {
        Self {
            definitions,
            ids: RwLock::default(),
            chunks: std::iter::repeat_with(OnceLock::new).take(CHUNK).collect(),
        }
    }

    pub(in crate::fhir::validate) fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The id of a canonical address. Past [`CHUNK`]² addresses the last one is given again; its shape then has
    /// another address, which is refused where it is asked for.
    pub(in crate::fhir::validate) fn id(&self, canonical: &str) -> ShapeId {
        let known = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.get(canonical) {
            return *id;
        }
        drop(known);
        let mut known = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.get(canonical) {
            return *id;
        }
        let id = ShapeId(known.len().min(CHUNK * CHUNK - 1) as u32);
        let slot = Slot {
            address: canonical.into(),
            shape: OnceLock::new(),
        };
        let at = id.0 as usize;
        let chunk = self.chunks[at / CHUNK]
            .get_or_init(|| std::iter::repeat_with(OnceLock::new).take(CHUNK).collect());
        if chunk[at % CHUNK].set(slot).is_ok() {
            known.insert(canonical.into(), id);
        }
        id
    }

    /// The id of a type's own shape.
    pub(in crate::fhir::validate) fn id_of_type(&self, name: &str) -> ShapeId {
        if name.contains(':') {
            return self.id(name);
        }
        let mut address = String::with_capacity(STRUCTURE_BASE.len() + name.len());
        address.push_str(STRUCTURE_BASE);
        address.push_str(name);
        self.id(&address)
    }

    /// The shape of an id.
    pub(in crate::fhir::validate) fn get(&self, id: ShapeId) -> Result<&Shape, &Missing> {
        static NOWHERE: Missing = Missing::Unknown;
        let at = id.0 as usize;
        let slot = self.chunks[at / CHUNK]
            .get()
            .and_then(|chunk| chunk[at % CHUNK].get());
        let Some(slot) = slot else {
            return Err(&NOWHERE);
        };
        let shape = slot.shape.get_or_init(|| self.compile(id, &slot.address));
        shape.as_deref()
    }

    /// The shape of a canonical address.
    pub(in crate::fhir::validate) fn find(&self, canonical: &str) -> Result<&Shape, &Missing> {
        let shape = self.get(self.id(canonical))?;
        static CROWDED: Missing = Missing::Unknown;
        let wanted = Canonical::of(canonical);
        let same = wanted.fragment.is_some() || *shape.structure.url == *wanted.url;
        if same { Ok(shape) } else { Err(&CROWDED) }
    }

    /// A profile that another one contains.
    fn contained(&self, holder: &str, id: &str) -> Result<Arc<Structure>, Missing> {
        let source = self.definitions.find(holder).ok_or(Missing::Unknown)?;
        let contained =
            all(source.root(), "contained").find(|inner| text(*inner, "id") == Some(id));
        let structure = contained
            .filter(|inner| inner.resource_type() == Some("StructureDefinition"))
            .and_then(|inner| Structure::read_element(&source, inner))
            .ok_or(Missing::Unknown)?;
        if !structure.snapshot.is_empty() {
            return Ok(Arc::new(structure));
        }
        let whole = snapshot::complete(&self.definitions, &structure, &mut Trail::default());
        whole
            .map(Arc::new)
            .map_err(|error| Missing::Unusable(error.to_string()))
    }

    fn compile(&self, id: ShapeId, address: &str) -> Result<Box<Shape>, Missing> {
        let structure = match address.split_once('#') {
            Some((holder, id)) => self.contained(holder, id)?,
            None => self.definitions.structure(address)?,
        };
        Ok(Box::new(build::compile(self, id, structure)))
    }
}
