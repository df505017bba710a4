//! Our reader of YAML beside another one, which knows no places: what both read, they read alike.

use plugfest::diag::Source;
use plugfest::yaml::{self, Key, Node, Value};
use proptest::prelude::*;
use serde_yaml::Value as Theirs;

use super::{EMBEDDED, change};

/// Where the two differ; `None` where they agree.
fn difference(node: &Node, theirs: &Theirs) -> Option<String> {
    let differ = || Some(format!("{:?} is read as {theirs:?}", node.place.text()));
    match (&*node.value, theirs) {
        (Value::Null, Theirs::Null) => None,
        (Value::Bool(ours), Theirs::Bool(theirs)) if ours == theirs => None,
        (Value::Number(text), Theirs::Number(number)) if is_same_number(text, number) => None,
        (Value::Text(text), Theirs::String(theirs)) if text == theirs => None,
        // Ours takes only the numbers of JSON as numbers, and says so.
        (Value::Text(text), Theirs::Number(_)) if is_odd(text) => None,
        (Value::List(items), Theirs::Sequence(theirs)) if items.len() == theirs.len() => {
            let mut pairs = items.iter().zip(theirs);
            pairs.find_map(|(ours, theirs)| difference(ours, theirs))
        }
        (Value::Map(entries), Theirs::Mapping(theirs)) if entries.len() == theirs.len() => {
            let mut pairs = entries.iter().zip(theirs);
            pairs.find_map(|((key, ours), (name, theirs))| {
                difference_of_keys(key, name).or_else(|| difference(ours, theirs))
            })
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_),
            _,
        ) => differ(),
    }
}

/// A key is always a text for us.
fn difference_of_keys(key: &Key, theirs: &Theirs) -> Option<String> {
    let is_same = match theirs {
        Theirs::String(theirs) => key.text == *theirs,
        Theirs::Number(number) => is_same_number(&key.text, number) || is_odd(&key.text),
        Theirs::Bool(theirs) => key.text.eq_ignore_ascii_case(&theirs.to_string()),
        Theirs::Null | Theirs::Sequence(_) | Theirs::Mapping(_) | Theirs::Tagged(_) => false,
    };
    (!is_same).then(|| format!("the key {:?} is read as {theirs:?}", key.text))
}

fn is_same_number(text: &str, theirs: &serde_yaml::Number) -> bool {
    let digits = text.trim_start_matches('+');
    let is_whole = digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok();
    match theirs.is_f64() {
        true => !is_whole && digits.parse().ok() == theirs.as_f64(),
        false if theirs.is_u64() => digits.parse().ok() == theirs.as_u64(),
        false => digits.parse().ok() == theirs.as_i64(),
    }
}

/// Numbers of YAML that are none of JSON: `0x1f`, `0o17`, `.5`, `5.`, `.inf`, `01.5`.
fn is_odd(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    serde_json::from_str::<serde_json::Number>(digits).is_err()
}

fn ours(text: &str) -> Option<Node> {
    yaml::parse(&Source::new("file.yaml", text)).ok()
}

#[test]
fn every_file_of_the_packs_is_read_alike() {
    let mut read = 0;
    for id in plugfest::store::embedded() {
        let plugfest::store::Found::Embedded(files) = plugfest::store::find_pack(id).unwrap()
        else {
            panic!("{id} is in the binary");
        };
        for (path, bytes) in &files.entries {
            if !path.ends_with(".yaml") {
                continue;
            }
            let text = std::str::from_utf8(bytes).unwrap();
            let node = ours(text).unwrap_or_else(|| panic!("{path} is not read"));
            let theirs: Theirs = serde_yaml::from_str(text).unwrap();
            assert_eq!(difference(&node, &theirs), None, "{path}");
            read += 1;
        }
    }
    assert!(read > 200, "only {read} files");
}

#[test]
fn the_oracle_sees_differences() {
    for (one, other) in [
        ("a: 1", "a: 2"),
        ("a: 1", "a: '1'"),
        ("a: 1", "a: 1.0"),
        ("a: [b]", "a: [b, c]"),
        ("a: b", "c: b"),
        ("{ a: 1, b: 2 }", "{ b: 2, a: 1 }"),
        ("a: null", "a: 'null'"),
        ("a: true", "a: false"),
    ] {
        let theirs: Theirs = serde_yaml::from_str(other).unwrap();
        let node = ours(one).unwrap();
        assert!(difference(&node, &theirs).is_some(), "{one} / {other}");
    }
}

/// Texts that a writer must quote, escape or fold. U+0085, U+2028 and U+2029 are not among them: the other one follows YAML 1.1
/// there and folds them as line breaks, which YAML 1.2 gave up.
fn text() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(vec![
        "",
        "null",
        "~",
        "true",
        "no",
        "014",
        "0x1f",
        "1e3",
        "+1",
        "-",
        "- a",
        "a: b",
        "a #b",
        "#",
        "'",
        "\"",
        "\\",
        "{",
        "]",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%",
        "@",
        "`",
        "?",
        ":",
        ",",
        " ",
        "\n",
        "\t",
        "\r",
        "\u{0}",
        "\u{7f}",
        "\u{feff}",
        "é",
        "\u{1f600}",
        "a\n\nb\n",
        "---",
        "...",
        "<<",
    ]);
    let parts = prop_oneof![3 => telling.prop_map(str::to_owned), 1 => "[a-z ]{0,8}"];
    prop::collection::vec(parts, 1..4).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = Theirs> {
    let scalar = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::from),
        any::<i64>().prop_map(Theirs::from),
        any::<u64>().prop_map(Theirs::from),
        (-1.0e9..1.0e9).prop_map(|number: f64| Theirs::from(number)),
        text().prop_map(Theirs::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Theirs::from),
            prop::collection::vec((text(), inner), 0..4).prop_map(|entries| {
                let entries = entries.into_iter();
                Theirs::Mapping(entries.map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_other_one_writes_is_read_as_it_was_meant(value in value()) {
        let text = serde_yaml::to_string(&value).unwrap();
        let node = ours(&text);
        prop_assert!(node.is_some(), "not read: {text:?}");
        prop_assert_eq!(difference(&node.unwrap(), &value), None, "{:?}", text);
    }

    #[test]
    fn what_both_read_of_a_changed_file_is_the_same(
        chosen in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let all: Vec<&str> = EMBEDDED.in_folder("scenarios/", ".yaml").collect();
        let mut bytes = EMBEDDED.entries[all[chosen.index(all.len())]].to_vec();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(()) };
        if let (Some(node), Ok(theirs)) = (ours(text), serde_yaml::from_str::<Theirs>(text)) {
            prop_assert_eq!(difference(&node, &theirs), None, "{}", text);
        }
    }
}
