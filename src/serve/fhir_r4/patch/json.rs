//! JSON Patch (RFC 6902).

use crate::serve::fhir_r4::json::Json;
use crate::serve::fhir_r4::primitive::shortened;
use crate::serve::fhir_r4::problem::Problem;

/// More operations than this in one patch are refused.
const MAX_OPERATIONS: usize = 1000;

/// Applies a JSON Patch document to a resource.
///
/// # Errors
/// 400 for a document that is not a patch; 422 for a patch that does not fit the resource, a failed test included.
pub fn json_patch(resource: &Json, document: &Json) -> Result<Json, Problem> {
    if !document.is_list() || document.items().len() > MAX_OPERATIONS {
        return Err(Problem::bad_request(
            "a JSON Patch is an array of operations",
        ));
    }
    let mut patched = resource.clone();
    for operation in document.items() {
        step(&mut patched, operation)?;
    }
    Ok(patched)
}

fn step(document: &mut Json, operation: &Json) -> Result<(), Problem> {
    let path = pointer(operation, "path")?;
    let value = || {
        operation
            .get("value")
            .cloned()
            .ok_or_else(|| Problem::bad_request("the operation has no value"))
    };
    match operation.text("op") {
        Some("add") => add(document, &path, value()?),
        Some("remove") => remove(document, &path).map(|_| ()),
        Some("replace") => {
            let slot = find_mut(document, &path).ok_or_else(|| nothing(&path))?;
            *slot = value()?;
            Ok(())
        }
        Some("move") => {
            let from = pointer(operation, "from")?;
            if path.len() > from.len() && path.starts_with(&from) {
                return Err(Problem::unprocessable("a value cannot move into itself"));
            }
            let value = remove(document, &from)?;
            add(document, &path, value)
        }
        Some("copy") => {
            let from = pointer(operation, "from")?;
            let value = find(document, &from)
                .cloned()
                .ok_or_else(|| nothing(&from))?;
            add(document, &path, value)
        }
        Some("test") => {
            let found = find(document, &path).ok_or_else(|| nothing(&path))?;
            if *found == value()? {
                Ok(())
            } else {
                Err(Problem::unprocessable(format!(
                    "the test of /{} fails",
                    path.join("/")
                )))
            }
        }
        other => Err(Problem::bad_request(format!(
            "`{}` is not an operation",
            shortened(other.unwrap_or_default())
        ))),
    }
}

/// Reads a JSON Pointer (RFC 6901).
fn pointer(operation: &Json, name: &str) -> Result<Vec<String>, Problem> {
    let text = operation
        .text(name)
        .ok_or_else(|| Problem::bad_request(format!("the operation has no `{name}`")))?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let rest = text
        .strip_prefix('/')
        .ok_or_else(|| Problem::bad_request("a JSON Pointer begins with a slash"))?;
    Ok(rest
        .split('/')
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect())
}

fn find<'a>(document: &'a Json, path: &[String]) -> Option<&'a Json> {
    path.iter().try_fold(document, |value, part| {
        if value.is_list() {
            value.items().get(index(part)?)
        } else {
            value.get(part)
        }
    })
}

fn find_mut<'a>(document: &'a mut Json, path: &[String]) -> Option<&'a mut Json> {
    path.iter().try_fold(document, |value, part| {
        if value.is_list() {
            value.items_mut()?.get_mut(index(part)?)
        } else {
            value.get_mut(part)
        }
    })
}

fn add(document: &mut Json, path: &[String], value: Json) -> Result<(), Problem> {
    let Some((last, above)) = path.split_last() else {
        *document = value;
        return Ok(());
    };
    let parent = find_mut(document, above).ok_or_else(|| nothing(above))?;
    if let Some(items) = parent.items_mut() {
        let place = if last == "-" {
            Some(items.len())
        } else {
            index(last).filter(|place| *place <= items.len())
        };
        items.insert(place.ok_or_else(|| nothing(path))?, value);
        return Ok(());
    }
    if !parent.is_object() {
        return Err(nothing(path));
    }
    parent.place(usize::MAX, last, value);
    Ok(())
}

fn remove(document: &mut Json, path: &[String]) -> Result<Json, Problem> {
    let (last, above) = path
        .split_last()
        .ok_or_else(|| Problem::unprocessable("a patch cannot remove the resource"))?;
    let parent = find_mut(document, above).ok_or_else(|| nothing(above))?;
    if let Some(items) = parent.items_mut() {
        let place = index(last)
            .filter(|place| *place < items.len())
            .ok_or_else(|| nothing(path))?;
        return Ok(items.remove(place));
    }
    parent.remove(last).ok_or_else(|| nothing(path))
}

fn index(text: &str) -> Option<usize> {
    let plain =
        text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| text.parse().ok())?
}

fn nothing(path: &[String]) -> Problem {
    Problem::unprocessable(format!(
        "there is nothing at /{}",
        shortened(&path.join("/"))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    fn patched(patch: &str) -> Result<String, u16> {
        let resource = parse(r#"{"a":{"b/c":[1,2]},"d":"x"}"#).unwrap();
        json_patch(&resource, &parse(patch).unwrap())
            .map(|value| value.to_string())
            .map_err(|problem| problem.status)
    }

    #[test]
    fn each_operation_does_its_work() {
        for (patch, wanted) in [
            (
                r#"[{"op":"add","path":"/a/b~1c/-","value":3}]"#,
                r#"{"a":{"b/c":[1,2,3]},"d":"x"}"#,
            ),
            (
                r#"[{"op":"add","path":"/a/b~1c/0","value":0}]"#,
                r#"{"a":{"b/c":[0,1,2]},"d":"x"}"#,
            ),
            (r#"[{"op":"remove","path":"/d"}]"#, r#"{"a":{"b/c":[1,2]}}"#),
            (
                r#"[{"op":"replace","path":"/d","value":"y"},{"op":"test","path":"/d","value":"y"}]"#,
                r#"{"a":{"b/c":[1,2]},"d":"y"}"#,
            ),
            (
                r#"[{"op":"move","from":"/d","path":"/e"}]"#,
                r#"{"a":{"b/c":[1,2]},"e":"x"}"#,
            ),
            (
                r#"[{"op":"copy","from":"/a/b~1c/1","path":"/e"}]"#,
                r#"{"a":{"b/c":[1,2]},"d":"x","e":2}"#,
            ),
        ] {
            assert_eq!(patched(patch).as_deref(), Ok(wanted), "{patch}");
        }
    }

    #[test]
    fn what_does_not_fit_fails() {
        for (patch, wanted) in [
            ("{}", 400),
            (r#"[{"op":"jump","path":"/d"}]"#, 400),
            (r#"[{"op":"add","path":"/d"}]"#, 400),
            (r#"[{"op":"add","path":"d","value":1}]"#, 400),
            (r#"[{"op":"test","path":"/d","value":"z"}]"#, 422),
            (r#"[{"op":"remove","path":"/z"}]"#, 422),
            (r#"[{"op":"add","path":"/a/b~1c/9","value":1}]"#, 422),
            (r#"[{"op":"move","from":"/a","path":"/a/x"}]"#, 422),
            (r#"[{"op":"remove","path":""}]"#, 422),
            (r#"[{"op":"add","path":"/d/x","value":1}]"#, 422),
        ] {
            assert_eq!(patched(patch), Err(wanted), "{patch}");
        }
    }
}
