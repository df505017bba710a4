//! The XML form of resources: from and to JSON, by the table of shapes alone.

mod read;
mod write;

pub use read::read;
pub use write::write;

/// The namespace of FHIR.
pub const FHIR: &str = "http://hl7.org/fhir";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::fhir_r4::json::parse;

    const PATIENT: &str = r##"{"resourceType":"Patient","id":"a","meta":{"versionId":"1"},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>A &amp; B</p></div>"},"contained":[{"resourceType":"Organization","id":"o","name":"O & \"P\" <Q>"}],"extension":[{"url":"http://x","valueDecimal":1.10}],"active":true,"name":[{"family":"Zażółć","given":["A",null,"B"],"_given":[null,{"extension":[{"url":"http://y","valueCode":"z"}]},{"id":"g"}]}],"_birthDate":{"extension":[{"url":"http://x","valueString":"a\nb"}]},"multipleBirthInteger":2}"##;

    #[test]
    fn both_forms_hold_the_same() {
        let json = parse(PATIENT).unwrap();
        let xml = write(&json, false);
        assert_eq!(read(&xml).unwrap().to_string(), PATIENT);
        assert_eq!(read(&write(&json, true)).unwrap().to_string(), PATIENT);
    }

    #[test]
    fn elements_are_written_in_the_order_of_the_standard() {
        let xml = write(
            &parse(r#"{"resourceType":"Patient","gender":"male","active":true,"id":"x"}"#).unwrap(),
            false,
        );
        let order: Vec<usize> = ["<id ", "<active ", "<gender "]
            .iter()
            .map(|tag| xml.find(tag).unwrap())
            .collect();
        assert!(order.is_sorted(), "{xml}");
    }

    #[test]
    fn nested_resources_are_wrapped() {
        let text = r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Basic","code":{"text":"c"}}}]}"#;
        let xml = write(&parse(text).unwrap(), false);
        assert!(xml.contains("<resource><Basic>"), "{xml}");
        assert_eq!(read(&xml).unwrap().to_string(), text);
    }

    #[test]
    fn what_is_not_the_xml_form_is_refused() {
        for text in [
            "<Patient>",
            "<Patient/>",
            r#"<Patient xmlns="http://hl7.org/fhir"><colour value="x"/></Patient>"#,
            r#"<Nothing xmlns="http://hl7.org/fhir"/>"#,
            r#"<!DOCTYPE a><Patient xmlns="http://hl7.org/fhir"/>"#,
            r#"<Patient xmlns="http://hl7.org/fhir"><gender value="male"/><gender value="male"/></Patient>"#,
            r#"<Patient xmlns="http://hl7.org/fhir"><name>text</name></Patient>"#,
            r#"<Patient xmlns="http://hl7.org/fhir"><gender code="male"/></Patient>"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
