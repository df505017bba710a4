//! Tests of documents and paths, driven by tables.

use super::{Document, Path, PathError, Prefixes, Value};
use proptest::prelude::*;

const ORDER: &str = "<o xmlns='urn:o' xmlns:p='urn:p' id='7'>\n  <item code='a'>first <b>bold</b></item>\n  \
    <item code='b' p:code='c'> second\n thing </item>\n  <p:item>3</p:item>\n  <total>12.5</total>\n  <none/>\n</o>";

fn prefixes() -> Prefixes {
    Prefixes::new().with("o", "urn:o").with("p", "urn:p")
}

fn texts(path: &str) -> Vec<String> {
    let document = Document::parse(ORDER.as_bytes()).unwrap();
    let path = Path::parse(path, &prefixes()).unwrap_or_else(|error| panic!("{path}: {error}"));
    path.evaluate(&document).unwrap().texts()
}

fn refused(path: &str) -> PathError {
    Path::parse(path, &prefixes()).unwrap_err()
}

#[test]
fn paths_find_nodes() {
    let rows: &[(&str, &[&str])] = &[
        ("/o:o/o:total", &["12.5"]),
        ("o:o/@id", &["7"]),
        ("//o:item/@code", &["a", "b"]),
        ("//@p:code", &["c"]),
        ("//p:item", &["3"]),
        ("//p:*", &["3"]),
        ("//*[local-name() = 'item'][last()]", &["3"]),
        ("//o:item[2]/@code", &["b"]),
        ("(//o:item)[1]/@code", &["a"]),
        ("//o:item[@code = 'a']/o:b", &["bold"]),
        ("//o:item[@code != 'a']/@code", &["b"]),
        ("//o:b/..", &["first bold"]),
        ("//o:b/ancestor::o:item/@code", &["a"]),
        ("//o:b/ancestor-or-self::*[1]", &["bold"]),
        ("//o:item[1]/text()", &["first "]),
        ("//o:total | //p:item", &["3", "12.5"]),
        ("/child::o:o/descendant::o:b/self::node()", &["bold"]),
        ("//o:total/preceding-sibling::*[1]", &["3"]),
        ("//p:item/following-sibling::o:*[1]", &["12.5"]),
        ("//o:item[position() = 2]/attribute::code", &["b"]),
        (
            "//o:item[contains(., 'bold') and starts-with(@code, 'a')]/@code",
            &["a"],
        ),
        ("//o:item[not(o:b)]/@code", &["b"]),
        (
            "//o:item[string-length(normalize-space()) > 11]/@code",
            &["b"],
        ),
        ("//o:none", &[""]),
        ("//item", &[]),
    ];
    for (path, wanted) in rows {
        assert_eq!(&texts(path), wanted, "{path}");
    }
}

#[test]
fn paths_compute_values() {
    let rows = [
        ("count(//o:item)", "2"),
        ("count(//o:item) = 2", "true"),
        ("sum(//p:item | //o:total)", "15.5"),
        ("number(//o:total) * 2 - 1", "24"),
        ("7 mod 4 + 10 div 4", "5.5"),
        ("-(1 + 2) < 0", "true"),
        ("normalize-space(//o:item[2])", "second thing"),
        ("local-name(/*)", "o"),
        ("namespace-uri(//p:item)", "urn:p"),
        ("concat('a', 1, true())", "a1true"),
        ("substring('12345', 2, 3)", "234"),
        ("substring('12345', 0 div 0)", ""),
        ("substring-before('2026-11', '-')", "2026"),
        ("substring-after('2026-11', '-')", "11"),
        ("translate('abc', 'ab', 'B')", "Bc"),
        ("string(1 div 0)", "Infinity"),
        ("number('x') = number('x')", "false"),
        ("round(2.5) + floor(-1.5) + ceiling(1.2)", "3"),
        ("boolean(//o:none) and not(false())", "true"),
        ("string(//o:nothing)", ""),
        ("'b' = //@code", "true"),
        ("//o:total > 12 or 1 > 2", "true"),
        ("string-length('äö')", "2"),
        ("string(0.1)", "0.1"),
        ("count(//p:*[namespace-uri() = 'urn:p'])", "1"),
    ];
    for (path, wanted) in rows {
        assert_eq!(texts(path), [wanted], "{path}");
    }
}

#[test]
fn a_default_namespace_serves_names_without_prefix() {
    let document = Document::parse(ORDER.as_bytes()).unwrap();
    let prefixes = Prefixes::new().with_default("urn:o");
    let path = Path::parse("/o/item/@code", &prefixes).unwrap();
    assert_eq!(path.evaluate(&document).unwrap().texts(), ["a", "b"]);
}

#[test]
fn nodes_know_their_places() {
    let document = Document::parse(ORDER.as_bytes()).unwrap();
    let path = Path::parse("//o:item[2]/@code | //o:item[1]/text()", &prefixes()).unwrap();
    let found = path.evaluate(&document).unwrap();
    let wanted = [
        "/o/item[1]/text() (line 2, column 18)",
        "/o/item[2]/@code (line 3, column 9)",
    ];
    assert_eq!(found.locations(), wanted);
    assert_eq!(document.root_element().attribute("id"), Some("7"));
}

#[test]
fn bad_paths_say_where_and_what_would_be_right() {
    let rows = [
        (
            "//q:item",
            2,
            "the prefix `q` is not declared",
            Some("declared are `o`, `p`"),
        ),
        (
            "/o:o[cuont(*)]",
            5,
            "no function `cuont`",
            Some("did you mean `count`?"),
        ),
        (
            "/chidl::o:o",
            1,
            "no axis `chidl`",
            Some("did you mean `child`?"),
        ),
        (
            "//o:item[",
            9,
            "expected the name of an element or attribute, found the end of the path",
            None,
        ),
        (
            "//o:item == 1",
            10,
            "expected the name of an element or attribute, found `=`",
            Some("XPath compares with a single `=`"),
        ),
        ("'a", 0, "the text that starts with ' is not closed", None),
        (
            "1 | //o:a",
            2,
            "`|` joins nodes, and a side of it has none",
            None,
        ),
        ("count('a')", 0, "`count` takes nodes", None),
        ("$x", 0, "variables are not supported in paths", None),
        ("a # b", 2, "`#` has no meaning in XPath", None),
        (
            "not()",
            0,
            "`not` does not take 0 arguments",
            Some("the opposite truth value"),
        ),
    ];
    for (path, position, message, help) in rows {
        let error = refused(path);
        let found = (
            error.position,
            error.message.as_str(),
            error.help.as_deref(),
        );
        assert_eq!(found, (position, message, help), "{path}");
    }
}

#[test]
fn hostile_documents_are_refused() {
    let laughs = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>\n<l>&b;</l>";
    let error = Document::parse(laughs.as_bytes()).unwrap_err();
    assert_eq!((error.line, error.column), (1, 1));
    assert!(
        error.message.contains("document type declaration"),
        "{error}"
    );
    let deep = "<a>".repeat(100_000);
    assert!(Document::parse(deep.as_bytes()).is_err());
    let closed = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let error = Document::parse(closed.as_bytes()).unwrap_err();
    assert!(error.message.contains("nests deeper than"), "{error}");
    let many: String = (0..300).map(|at| format!(" a{at}='>'")).collect();
    let error = Document::parse(format!("<r>\n<a{many}/></r>").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 1: a tag has more than 256 attributes"
    );
    let many: String = (0..65).map(|at| format!("<a xmlns:p{at}='u'/>")).collect();
    let error = Document::parse(format!("<r>{many}</r>").as_bytes()).unwrap_err();
    assert!(error.message.contains("more than 64 prefixes"), "{error}");
    let error = Document::parse(b"<a>\n\xFF</a>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 1: the byte 0xFF is not UTF-8"
    );
    let error = Document::parse(b"<a><b></a>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 7: not well-formed XML: expected 'b' tag, not 'a'"
    );
}

#[test]
fn hostile_paths_end() {
    assert!(
        refused(&"(".repeat(10_000))
            .message
            .contains("nests deeper")
    );
    assert!(
        refused(&"-".repeat(10_000))
            .message
            .contains("nests deeper")
    );
    assert!(
        refused(&"a[".repeat(10_000))
            .message
            .contains("nests deeper")
    );
    assert!(
        refused(&"a/".repeat(40_000))
            .message
            .contains("longer than")
    );
    let wide = format!("<r>{}</r>", "<a/>".repeat(20_000));
    let document = Document::parse(wide.as_bytes()).unwrap();
    let path = Path::parse("//*[count(//*[count(//*) > 1]) > 1]", &prefixes()).unwrap();
    let error = path.evaluate(&document).unwrap_err();
    assert!(error.to_string().contains("steps"), "{error}");
}

#[test]
fn truth_follows_xpath() {
    let cases = [
        ("//o:none", true),
        ("//o:gone", false),
        ("''", false),
        ("'false'", true),
        ("0", false),
        ("0 div 0", false),
    ];
    let document = Document::parse(ORDER.as_bytes()).unwrap();
    for (path, wanted) in cases {
        let value = Path::parse(path, &prefixes())
            .unwrap()
            .evaluate(&document)
            .unwrap();
        assert_eq!(value.truth(), wanted, "{path}");
    }
    assert_eq!(Value::Number(-0.0).text(), "0");
}

proptest! {
    #[test]
    fn no_text_makes_the_path_parser_panic(text in ".{0,60}") {
        let _ = Path::parse(&text, &prefixes());
    }

    #[test]
    fn no_soup_of_tokens_makes_paths_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "/", "//", ".", "..", "@", "*", "o:item", "(", ")", "[", "]", "1", "'a'", "|", "=", "and", "count(", "last()",
        "text()", "child::", "-", "div", "not(", ",", "ancestor::", "string(", "< ",
    ]), 0..20)) {
        let document = Document::parse(ORDER.as_bytes()).unwrap();
        if let Ok(path) = Path::parse(&tokens.concat(), &prefixes()) {
            let _ = path.evaluate(&document).map(|value| (value.texts(), value.locations()));
        }
    }

    #[test]
    fn no_bytes_make_the_document_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Document::parse(&bytes);
    }
}
