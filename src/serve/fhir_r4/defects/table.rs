// The table itself, apart from what works on it. One row: the variant that the logic asks for, the id, the requirements
// that it breaks, what it is, and where it takes hold.
defects! {
    CapabilityMissing "capability-missing" breaks ["FHIR-CAP-001"]: "there is no CapabilityStatement" => Hook::Answer(answers::capability_missing);
    CapabilityOtherVersion "capability-other-version" breaks ["FHIR-CAP-002", "FHIR-CAP-008"]: "the CapabilityStatement says FHIR 3.0.2" => Hook::Statement(statements::other_version);
    CreateAnswers200 "create-answers-200" breaks ["FHIR-CREATE-001"]: "a create is answered 200 instead of 201" => Hook::Reply(replies::create_answers_200);
    ReadWithoutEtag "read-without-etag" breaks ["FHIR-READ-002"]: "a read has no ETag" => Hook::Reply(replies::read_without_etag);
    CreateKeepsTheClientsId "create-keeps-the-clients-id" breaks ["FHIR-CREATE-003"]: "a create stores the resource under the id in the body" => Hook::Switch;
    DeletedIsServerError "deleted-is-server-error" breaks ["FHIR-READ-006", "FHIR-DEL-002"]: "a read of a deleted resource fails with 500" => Hook::Switch;
    DeletedVersionIsNotFound "deleted-version-is-not-found" breaks ["FHIR-VREAD-003"]: "the version that records a delete is answered 404" => Hook::Switch;
    AnyTagIsUnmodified "any-tag-is-unmodified" breaks ["FHIR-READ-007"]: "If-None-Match is answered 304 whatever the tag" => Hook::Switch;
    UpdateIgnoresTheBodysId "update-ignores-the-bodys-id" breaks ["FHIR-UPDATE-003"]: "an update whose body has another id is accepted" => Hook::Switch;
    UpdateNeedsNoId "update-needs-no-id" breaks ["FHIR-UPDATE-002"]: "an update whose body has no id is accepted" => Hook::Switch;
    IgnoresIfMatch "ignores-if-match" breaks ["FHIR-CONC-001", "FHIR-CONC-004", "FHIR-PATCH-003", "FHIR-TXN-010"]: "If-Match is ignored: updates are lost" => Hook::Switch;
    IgnoresIfNoneExist "ignores-if-none-exist" breaks ["FHIR-COND-002", "FHIR-COND-003"]: "If-None-Exist is ignored: duplicates appear" => Hook::Switch;
    ConditionalCreateTakesTheFirst "conditional-create-takes-the-first" breaks ["FHIR-COND-003"]: "a conditional create with several matches creates one more" => Hook::Switch;
    ConditionalUpdateTakesTheFirst "conditional-update-takes-the-first" breaks ["FHIR-COND-006"]: "a conditional update with several matches updates the first" => Hook::Switch;
    ConditionalUpdateIgnoresTheBodysId "conditional-update-ignores-the-bodys-id" breaks ["FHIR-COND-007"]: "a conditional update whose body has another id is accepted" => Hook::Switch;
    IgnoresUnknownModifiers "ignores-unknown-modifiers" breaks ["FHIR-SRCH-010"]: "an unsupported search modifier is silently ignored" => Hook::Switch;
    IgnoresEscapes "ignores-escapes" breaks ["FHIR-SRCH-027"]: "a backslash in a search value escapes nothing" => Hook::Switch;
    IgnoresBadDates "ignores-bad-dates" breaks ["FHIR-SRCH-008", "FHIR-SRCH-032"]: "a search for what is no date ignores it and finds everything" => Hook::Switch;
    IgnoresStrictHandling "ignores-strict-handling" breaks ["FHIR-SRCH-006"]: "an unknown search parameter is ignored although strict handling is asked for" => Hook::Switch;
    MixedSearchTakesAnyParameter "mixed-search-takes-any-parameter" breaks ["FHIR-SRCH-036"]: "a search in several types takes a parameter that only one of them has" => Hook::Switch;
    FailedTransactionKeepsItsStart "failed-transaction-keeps-its-start" breaks ["FHIR-TXN-002"]: "a failed transaction leaves what came before the failure" => Hook::Switch;
    EntriesIgnoreTheirConditions "entries-ignore-their-conditions" breaks ["FHIR-TXN-010"]: "ifNoneExist in a transaction is ignored" => Hook::Switch;
    TransactionFollowsTheBundlesOrder "transaction-follows-the-bundles-order" breaks ["FHIR-TXN-004"]: "a transaction is processed in the order of its entries" => Hook::Switch;
    TransactionTakesAnIdentityTwice "transaction-takes-an-identity-twice" breaks ["FHIR-TXN-005"]: "a transaction may change the same resource twice" => Hook::Switch;
    TransactionKeepsUuids "transaction-keeps-uuids" breaks ["FHIR-TXN-003"]: "references by urn:uuid are stored as they came" => Hook::Switch;
    TransactionRewritesCanonicals "transaction-rewrites-canonicals" breaks ["FHIR-TXN-011"]: "a canonical that equals a fullUrl is rewritten, too" => Hook::Switch;
    TransactionKeepsConditionalReferences "transaction-keeps-conditional-references" breaks ["FHIR-TXN-006"]: "a conditional reference is stored as it came" => Hook::Switch;
    ServesWithoutToken "serves-without-token" breaks ["FHIR-SEC-003"]: "protected data is given without a token" => Hook::Switch;
}
