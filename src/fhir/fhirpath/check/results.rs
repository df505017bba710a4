//! What functions yield and what they can be called on, as far as their names tell.

use super::kinds::Class;

/// What a function yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Yield {
    /// This System type.
    System(&'static str),
    /// This FHIR type.
    Fhir(&'static str),
    /// Some of its input.
    Input,
    /// What its first argument yields for each item.
    FirstArgument,
    /// Its input, or what its first argument yields.
    InputOrFirst,
    /// What one of its arguments from this one on yields.
    AnyArgument(usize),
    Unknown,
}

/// The yield of a function that takes no type.
pub(super) fn yield_of(function: &str) -> Yield {
    match function {
        "empty" | "exists" | "all" | "allTrue" | "anyTrue" | "allFalse" | "anyFalse"
        | "subsetOf" | "supersetOf" | "isDistinct" | "not" | "hasValue" | "conformsTo"
        | "memberOf" | "subsumes" | "subsumedBy" | "htmlChecks" | "htmlchecks" | "comparable"
        | "startsWith" | "endsWith" | "contains" | "matches" | "matchesFull" | "is"
        | "toBoolean" | "hasTemplateIdOf" => Yield::System("Boolean"),
        converts if converts.starts_with("convertsTo") => Yield::System("Boolean"),
        "count" | "length" | "indexOf" | "lastIndexOf" | "toInteger" | "precision" | "yearOf"
        | "monthOf" | "dayOf" | "hourOf" | "minuteOf" | "secondOf" | "millisecondOf"
        | "ceiling" | "floor" | "truncate" => Yield::System("Integer"),
        "toLong" => Yield::System("Long"),
        "toDecimal" | "sqrt" | "exp" | "ln" | "log" | "round" | "timezoneOffsetOf" => {
            Yield::System("Decimal")
        }
        "upper" | "lower" | "trim" | "substring" | "replace" | "replaceMatches" | "join"
        | "toString" | "toChars" | "split" | "encode" | "decode" | "escape" | "unescape" => {
            Yield::System("String")
        }
        "toDate" | "today" | "dateOf" => Yield::System("Date"),
        "toDateTime" | "now" => Yield::System("DateTime"),
        "toTime" | "timeOfDay" | "timeOf" => Yield::System("Time"),
        "toQuantity" => Yield::System("Quantity"),
        "extension" => Yield::Fhir("Extension"),
        "where" | "first" | "last" | "tail" | "skip" | "take" | "single" | "distinct" | "trace"
        | "intersect" | "exclude" | "sort" | "defineVariable" | "min" | "max"
        | "checkModifiers" | "slice" => Yield::Input,
        "select" => Yield::FirstArgument,
        "union" | "combine" => Yield::InputOrFirst,
        "iif" => Yield::AnyArgument(1),
        "coalesce" => Yield::AnyArgument(0),
        _ => Yield::Unknown,
    }
}

/// Whether the arguments of a function see its input as `$this`, item by item or as a whole.
pub(super) fn is_scoped(function: &str) -> bool {
    matches!(
        function,
        "where"
            | "select"
            | "exists"
            | "all"
            | "aggregate"
            | "sort"
            | "trace"
            | "iif"
            | "coalesce"
            | "defineVariable"
    )
}

/// Whether the arguments of a function see items that nothing is known of: its own results.
pub(super) fn sees_results(function: &str) -> bool {
    matches!(function, "repeat" | "repeatAll")
}

/// The classes that a function can be called on, with the word for them; `None` for functions that take anything.
pub(super) fn input_of(function: &str) -> Option<(&'static [Class], &'static str)> {
    match function {
        "startsWith" | "endsWith" | "contains" | "matches" | "matchesFull" | "indexOf"
        | "lastIndexOf" | "substring" | "upper" | "lower" | "trim" | "length" | "toChars"
        | "replace" | "replaceMatches" | "split" | "encode" | "decode" | "escape" | "unescape" => {
            Some((&[Class::Text], "a text"))
        }
        "abs" | "ceiling" | "floor" | "truncate" | "round" | "exp" | "ln" | "log" | "power"
        | "sqrt" => Some((&[Class::Number, Class::Quantity], "a number")),
        _ => None,
    }
}
