//! FHIRPath Patch: a Parameters resource with operations on simple paths.

use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;
use crate::serve::fhir_r4::shapes::{Shape, shape};
use std::sync::Arc;

/// More operations than this in one patch are refused.
const MAX_OPERATIONS: usize = 1000;

/// Applies a FHIRPath Patch to a resource. Paths may have names, `[n]`, `first()`, `last()` and `where(name = 'value')`.
///
/// # Errors
/// 400 for Parameters that are not a patch; 422 for a patch that does not fit the resource.
pub fn fhirpath_patch(resource: &Json, parameters: &Json) -> Result<Json, Problem> {
    let operations = parameters.each("parameter");
    let named = operations
        .iter()
        .all(|operation| operation.text("name") == Some("operation"));
    if parameters.resource_type() != "Parameters"
        || operations.is_empty()
        || !named
        || operations.len() > MAX_OPERATIONS
    {
        return Err(Problem::bad_request(
            "a FHIRPath Patch is a Parameters resource of operations",
        ));
    }
    let mut patched = resource.clone();
    for operation in operations {
        step(
            &mut patched,
            &Operation {
                parts: operation.each("part"),
            },
        )?;
    }
    Ok(patched)
}

struct Operation<'a> {
    parts: &'a [Json],
}

impl Operation<'_> {
    fn part(&self, name: &str) -> Option<&Json> {
        self.parts
            .iter()
            .find(|part| part.text("name") == Some(name))
    }

    fn text(&self, name: &str) -> Result<&str, Problem> {
        let value = self.part(name).and_then(|part| {
            part.members()
                .iter()
                .find(|(name, _)| name.starts_with("value"))
        });
        value
            .and_then(|(_, value)| value.as_text())
            .ok_or_else(|| Problem::bad_request(format!("the operation has no `{name}`")))
    }

    fn number(&self, name: &str) -> Result<usize, Problem> {
        let value = self
            .part(name)
            .and_then(|part| part.get("valueInteger"))
            .and_then(Json::scalar);
        value
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Problem::bad_request(format!("the operation has no `{name}`")))
    }

    /// The value with the name of its type, as the suffix of a choice has it. A value in parts takes the form of `kind`.
    fn value(&self, kind: Option<&str>) -> Result<(String, Json), Problem> {
        let part = self
            .part("value")
            .ok_or_else(|| Problem::bad_request("the operation has no `value`"))?;
        if let Some((name, value)) = part
            .members()
            .iter()
            .find(|(name, _)| name.starts_with("value"))
        {
            return Ok((name["value".len()..].to_owned(), value.clone()));
        }
        Ok((String::new(), built(part, kind.and_then(shape), 0)?))
    }
}

fn step(resource: &mut Json, operation: &Operation) -> Result<(), Problem> {
    let path = path(operation.text("path")?, resource.resource_type())?;
    match operation.text("type")? {
        "add" => {
            let name = operation.text("name")?.to_owned();
            let places = locate(resource, &path);
            let place = single(&places, &path)?;
            add(resource, place, &name, operation)
        }
        "insert" => {
            let kind = locate(resource, &path)
                .first()
                .and_then(|place| shape_at(resource, place));
            insert(
                resource,
                &path,
                operation.number("index")?,
                operation.value(kind)?.1,
            )
        }
        "delete" => delete(resource, &path),
        "replace" => {
            let places = locate(resource, &path);
            let place = single(&places, &path)?;
            let value = operation.value(shape_at(resource, place))?.1;
            *at(resource, place).ok_or_else(|| nothing(&path))? = value;
            Ok(())
        }
        "move" => {
            let list = list(resource, &path)?;
            let (from, to) = (
                operation.number("source")?,
                operation.number("destination")?,
            );
            if from >= list.len() || to >= list.len() {
                return Err(Problem::unprocessable("there is nothing at this index"));
            }
            let item = list.remove(from);
            list.insert(to, item);
            Ok(())
        }
        other => Err(Problem::bad_request(format!(
            "`{}` is not an operation",
            shortened(other)
        ))),
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
    Last,
    Where(String, String),
}

/// Where a value stands: the names and indexes that lead to it.
type Place = Vec<Result<String, usize>>;

fn path(text: &str, resource_type: &str) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::new();
    for (position, word) in words(text).iter().enumerate() {
        if position == 0 && word == resource_type {
            continue;
        }
        steps.extend(read_word(word).ok_or_else(|| {
            Problem::bad_request(format!("the path `{}` is not understood", shortened(text)))
        })?);
    }
    Ok(steps)
}

/// Splits at the dots that stand outside quotes and parentheses.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut depth, mut quoted) = (0_i32, false);
    for letter in text.trim().chars() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            '.' if !quoted && depth == 0 => {
                words.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    words
}

fn read_word(word: &str) -> Option<Vec<Step>> {
    let (head, index) = match word.strip_suffix(']') {
        Some(rest) => rest
            .split_once('[')
            .and_then(|(head, index)| Some((head, Some(index.trim().parse().ok()?))))?,
        None => (word, None),
    };
    let step = match head {
        "first()" => Step::Index(0),
        "last()" => Step::Last,
        _ => match head
            .strip_prefix("where(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(condition) => {
                let (name, value) = condition.split_once('=')?;
                let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
                Step::Where(name.trim().to_owned(), value.to_owned())
            }
            None => Step::Name(plain(head)?),
        },
    };
    Some([step].into_iter().chain(index.map(Step::Index)).collect())
}

fn plain(name: &str) -> Option<String> {
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .then(|| name.to_owned())
}

/// The places that a path leads to.
fn locate(resource: &Json, path: &[Step]) -> Vec<Place> {
    path.iter()
        .fold(vec![Place::new()], |places, step| match step {
            Step::Name(name) => places
                .iter()
                .flat_map(|place| below(resource, place, name))
                .collect(),
            Step::Index(index) => places.get(*index).cloned().into_iter().collect(),
            Step::Last => places.last().cloned().into_iter().collect(),
            Step::Where(name, wanted) => {
                let fits = |place: &Place| {
                    value_at(resource, place)
                        .and_then(|value| value.get(name))
                        .and_then(Json::scalar)
                        == Some(wanted)
                };
                places.into_iter().filter(fits).collect()
            }
        })
}

/// The places of an element's items. A choice is named without its type.
fn below(resource: &Json, place: &Place, name: &str) -> Vec<Place> {
    let Some(value) = value_at(resource, place) else {
        return Vec::new();
    };
    let typed = |key: &str| {
        key.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    };
    let Some((key, found)) = value
        .members()
        .iter()
        .find(|(key, _)| **key == *name)
        .or_else(|| value.members().iter().find(|(key, _)| typed(key)))
    else {
        return Vec::new();
    };
    let longer = |rest: Option<usize>| {
        place
            .iter()
            .cloned()
            .chain([Ok(key.to_string())])
            .chain(rest.map(Err))
            .collect()
    };
    if found.is_list() {
        (0..found.items().len())
            .map(|index| longer(Some(index)))
            .collect()
    } else {
        vec![longer(None)]
    }
}

fn value_at<'a>(resource: &'a Json, place: &[Result<String, usize>]) -> Option<&'a Json> {
    place.iter().try_fold(resource, |value, step| match step {
        Ok(name) => value.get(name),
        Err(index) => value.items().get(*index),
    })
}

fn at<'a>(resource: &'a mut Json, place: &[Result<String, usize>]) -> Option<&'a mut Json> {
    place.iter().try_fold(resource, |value, step| match step {
        Ok(name) => value.get_mut(name),
        Err(index) => value.items_mut()?.get_mut(*index),
    })
}

fn single<'a>(places: &'a [Place], path: &[Step]) -> Result<&'a Place, Problem> {
    if let [place] = places {
        Ok(place)
    } else {
        Err(nothing(path))
    }
}

/// Adds to an element: a new item of a list, or an element that is not there yet.
fn add(
    resource: &mut Json,
    place: &Place,
    name: &str,
    operation: &Operation,
) -> Result<(), Problem> {
    let element = shape_at(resource, place)
        .and_then(shape)
        .and_then(|shape| shape.elements.iter().find(|element| element.name == name));
    let element = element.ok_or_else(|| {
        Problem::unprocessable(format!("`{}` is not an element here", shortened(name)))
    })?;
    let (kind, value) = operation.value(element.types.first().copied())?;
    let parent = at(resource, place)
        .filter(|parent| parent.is_object())
        .ok_or_else(|| Problem::unprocessable("there is nothing to add to"))?;
    if let Some(items) = parent.get_mut(name).and_then(Json::items_mut) {
        items.push(value);
        return Ok(());
    }
    let key = if element.choice {
        format!("{name}{kind}")
    } else {
        name.to_owned()
    };
    if parent.get(&key).is_some() {
        return Err(Problem::unprocessable(format!("`{name}` is already there")));
    }
    parent.set(
        &key,
        if element.list {
            Json::List(Arc::new(vec![value]))
        } else {
            value
        },
    );
    Ok(())
}

/// The shape of the object at a place.
fn shape_at(resource: &Json, place: &Place) -> Option<&'static str> {
    let start = shape(resource.resource_type())?.name;
    place
        .iter()
        .filter_map(|step| step.as_ref().ok())
        .try_fold(start, |kind, name| {
            shape(kind)?.element(name).map(|(_, kind)| kind)
        })
}

fn insert(resource: &mut Json, path: &[Step], index: usize, value: Json) -> Result<(), Problem> {
    let list = list(resource, path)?;
    if index > list.len() {
        return Err(Problem::unprocessable(
            "the index is beyond the end of the list",
        ));
    }
    list.insert(index, value);
    Ok(())
}

/// The list that a path names as a whole.
fn list<'a>(resource: &'a mut Json, path: &[Step]) -> Result<&'a mut Vec<Json>, Problem> {
    let place = locate(resource, path)
        .into_iter()
        .next()
        .ok_or_else(|| nothing(path))?;
    let Some((Err(_), whole)) = place.split_last() else {
        return Err(Problem::unprocessable("the path does not name a list"));
    };
    at(resource, whole)
        .and_then(Json::items_mut)
        .ok_or_else(|| nothing(path))
}

/// Deleting what is not there is no error; deleting more than one is.
fn delete(resource: &mut Json, path: &[Step]) -> Result<(), Problem> {
    let places = locate(resource, path);
    let place = match places.as_slice() {
        [] => return Ok(()),
        [place] => place,
        _ => {
            return Err(Problem::unprocessable(
                "the path names more than one element",
            ));
        }
    };
    let Some((last, above)) = place.split_last() else {
        return Err(Problem::unprocessable("a patch cannot delete the resource"));
    };
    match last {
        Ok(name) => {
            at(resource, above).and_then(|parent| parent.remove(name));
        }
        Err(index) => {
            let items = at(resource, above)
                .and_then(Json::items_mut)
                .ok_or_else(|| nothing(path))?;
            items.remove(*index);
            // A list that is empty now is not there any more.
            if let (true, Some((Ok(name), above))) = (items.is_empty(), above.split_last()) {
                at(resource, above).and_then(|parent| parent.remove(name));
            }
        }
    }
    Ok(())
}

/// A value that is given as parts: an object of the named parts, in lists where the shape has lists.
fn built(part: &Json, kind: Option<&Shape>, depth: usize) -> Result<Json, Problem> {
    if depth > 16 {
        return Err(Problem::bad_request("the value is nested too deeply"));
    }
    let mut value = Json::object([]);
    for inner in part.each("part") {
        let name = inner
            .text("name")
            .ok_or_else(|| Problem::bad_request("a part has no name"))?;
        let element = kind.and_then(|kind| kind.element(name));
        let item = match inner
            .members()
            .iter()
            .find(|(name, _)| name.starts_with("value"))
        {
            Some((_, item)) => item.clone(),
            None => built(inner, element.and_then(|(_, kind)| shape(kind)), depth + 1)?,
        };
        let items = value.each(name).iter().cloned().chain([item.clone()]);
        value.set(
            name,
            if element.is_some_and(|(element, _)| element.list) {
                Json::list(items)
            } else {
                item
            },
        );
    }
    if value.members().is_empty() {
        Err(Problem::bad_request("the value is empty"))
    } else {
        Ok(value)
    }
}

fn nothing(path: &[Step]) -> Problem {
    Problem::unprocessable(format!(
        "the path leads to no single place: {}",
        shortened(&format!("{path:?}"))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    fn patched(parts: &str) -> Result<String, u16> {
        let resource = parse(r#"{"resourceType":"Patient","name":[{"use":"usual","given":["A","B"]},{"use":"official","family":"F"}],"deceasedBoolean":false}"#).unwrap();
        let parameters = parse(&format!(r#"{{"resourceType":"Parameters","parameter":[{{"name":"operation","part":[{parts}]}}]}}"#)).unwrap();
        let result = fhirpath_patch(&resource, &parameters).map_err(|problem| problem.status)?;
        Ok(result
            .to_string()
            .replace(r#"{"resourceType":"Patient","#, "")
            .trim_end_matches('}')
            .to_owned())
    }

    fn operation(kind: &str, path: &str, rest: &str) -> String {
        format!(
            r#"{{"name":"type","valueCode":"{kind}"}},{{"name":"path","valueString":"{path}"}}{rest}"#
        )
    }

    #[test]
    fn each_operation_does_its_work() {
        let add = operation(
            "add",
            "Patient",
            r#",{"name":"name","valueString":"birthDate"},{"name":"value","valueDate":"1980-01-01"}"#,
        );
        assert!(
            patched(&add)
                .unwrap()
                .ends_with(r#""birthDate":"1980-01-01""#)
        );
        let add = operation(
            "add",
            "Patient",
            r#",{"name":"name","valueString":"multipleBirth"},{"name":"value","valueInteger":2}"#,
        );
        assert!(
            patched(&add)
                .unwrap()
                .ends_with(r#""multipleBirthInteger":2"#)
        );
        let add = operation(
            "add",
            "Patient",
            r#",{"name":"name","valueString":"contact"},{"name":"value","part":[{"name":"name","part":[{"name":"given","valueString":"C"}]}]}"#,
        );
        assert!(
            patched(&add)
                .unwrap()
                .ends_with(r#""contact":[{"name":{"given":["C"]}}]"#)
        );
        let replace = operation(
            "replace",
            "Patient.name.where(use = 'official').family",
            r#",{"name":"value","valueString":"G"}"#,
        );
        assert!(patched(&replace).unwrap().contains(r#""family":"G""#));
        let insert = operation(
            "insert",
            "Patient.name[0].given",
            r#",{"name":"index","valueInteger":1},{"name":"value","valueString":"X"}"#,
        );
        assert!(patched(&insert).unwrap().contains(r#"["A","X","B"]"#));
        let moved = operation(
            "move",
            "Patient.name.first().given",
            r#",{"name":"source","valueInteger":0},{"name":"destination","valueInteger":1}"#,
        );
        assert!(patched(&moved).unwrap().contains(r#"["B","A"]"#));
        assert!(
            !patched(&operation("delete", "Patient.deceased", ""))
                .unwrap()
                .contains("deceased")
        );
        assert!(patched(&operation("delete", "Patient.photo", "")).is_ok());
    }

    #[test]
    fn what_does_not_fit_fails() {
        assert_eq!(
            patched(&operation(
                "replace",
                "Patient.photo",
                r#",{"name":"value","valueString":"G"}"#
            )),
            Err(422)
        );
        assert_eq!(patched(&operation("delete", "Patient.name", "")), Err(422));
        assert_eq!(
            patched(&operation("delete", "Patient.name.$this", "")),
            Err(400)
        );
        assert_eq!(patched(&operation("jump", "Patient", "")), Err(400));
        assert_eq!(
            patched(&operation(
                "add",
                "Patient",
                r#",{"name":"name","valueString":"colour"},{"name":"value","valueString":"G"}"#
            )),
            Err(422)
        );
    }
}
