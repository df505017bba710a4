// The table itself, apart from what works on it. One row: the variant that the logic asks for, the id, the requirements
// that it breaks, what it is, and where it takes hold.
defects! {
    // The CapabilityStatement
    CapabilityMissing "capability-missing" breaks ["FHIR-CAP-001"]: "there is no CapabilityStatement" => Hook::Refuse(capability::missing);
    CapabilityAsPlainJson "capability-as-plain-json" breaks ["FHIR-CAP-001", "FHIR-CAP-010"]: "the CapabilityStatement is sent as application/json" => Hook::Reply(capability::as_plain_json);
    CapabilityOfAClient "capability-of-a-client" breaks ["FHIR-CAP-001"]: "the CapabilityStatement describes a client only" => Hook::Statement(capability::of_a_client);
    CapabilityOtherVersion "capability-other-version" breaks ["FHIR-CAP-002", "FHIR-CAP-008"]: "the CapabilityStatement says FHIR 3.0.2" => Hook::Statement(capability::other_version);
    CapabilityWithoutVersion "capability-without-version" breaks ["FHIR-CAP-002", "FHIR-CAP-003", "FHIR-CAP-008"]: "the CapabilityStatement does not say its FHIR version" => Hook::Statement(capability::without_version);
    CapabilityWithoutStatus "capability-without-status" breaks ["FHIR-CAP-003"]: "the CapabilityStatement has no status" => Hook::Statement(capability::without_status);
    CapabilityWithoutDate "capability-without-date" breaks ["FHIR-CAP-003"]: "the CapabilityStatement has no date" => Hook::Statement(capability::without_date);
    CapabilityWithoutKind "capability-without-kind" breaks ["FHIR-CAP-003"]: "the CapabilityStatement has no kind" => Hook::Statement(capability::without_kind);
    CapabilityWithoutFormat "capability-without-format" breaks ["FHIR-CAP-003"]: "the CapabilityStatement lists no format" => Hook::Statement(capability::without_format);
    CapabilityRepeatsAType "capability-repeats-a-type" breaks ["FHIR-CAP-004"]: "the CapabilityStatement describes Patient twice" => Hook::Statement(capability::repeats_a_type);
    CapabilityRepeatsAParameter "capability-repeats-a-parameter" breaks ["FHIR-CAP-005"]: "the CapabilityStatement lists a search parameter twice" => Hook::Statement(capability::repeats_a_parameter);
    CapabilityWithoutEtag "capability-without-etag" breaks ["FHIR-CAP-006"]: "the CapabilityStatement has no ETag" => Hook::Reply(capability::without_etag);
    CapabilityEtagChanges "capability-etag-changes" breaks ["FHIR-CAP-006"]: "the ETag of the CapabilityStatement is another each time" => Hook::Reply(capability::etag_changes);
    TerminologyModeIsRefused "terminology-mode-is-refused" breaks ["FHIR-CAP-007"]: "metadata with mode=terminology is refused" => Hook::Refuse(capability::terminology_mode_is_refused);
    TerminologyModeIsEmpty "terminology-mode-is-empty" breaks ["FHIR-CAP-007"]: "metadata with mode=terminology gives an empty Bundle" => Hook::Answer(capability::terminology_mode_is_empty);
    RefusesVersionsInAccept "refuses-versions-in-accept" breaks ["FHIR-CAP-008"]: "an Accept with a fhirVersion is refused, even with the right one" => Hook::Request(negotiation::refuses_versions_in_accept);
    IgnoresVersionsInMediaTypes "ignores-versions-in-media-types" breaks ["FHIR-CAP-008", "FHIR-CN-010"]: "the fhirVersion of a media type is ignored: whoever asks for DSTU2 gets R4" => Hook::Request(negotiation::ignores_versions);
    UnknownTypeIsServerError "unknown-type-is-server-error" breaks ["FHIR-CAP-009"]: "an unknown resource type fails with 500" => Hook::Reply(capability::unknown_type_is_server_error);
    UnknownTypeIsBadRequest "unknown-type-is-bad-request" breaks ["FHIR-CAP-009"]: "an unknown resource type is answered 400" => Hook::Reply(capability::unknown_type_is_bad_request);
    UnknownTypeIsEmpty "unknown-type-is-empty" breaks ["FHIR-CAP-009"]: "an unknown resource type is answered 200" => Hook::Reply(capability::unknown_type_is_empty);
    CapabilityClaimsTurtle "capability-claims-turtle" breaks ["FHIR-CAP-010"]: "the CapabilityStatement lists Turtle, which cannot be had" => Hook::Statement(capability::claims_turtle);
    CapabilityOnlyInJson "capability-only-in-json" breaks ["FHIR-CAP-010"]: "the CapabilityStatement is JSON, whatever is asked for" => Hook::Request(capability::only_in_json);
    CapabilityClaimsEverything "capability-claims-everything" breaks ["FHIR-CAP-011"]: "the CapabilityStatement claims each interaction for each type" => Hook::Statement(capability::claims_everything);
    TypeHistoryIsNotImplemented "type-history-is-not-implemented" breaks ["FHIR-CAP-011", "FHIR-HIST-007"]: "the history of a type is claimed and answers 501" => Hook::Refuse(capability::type_history_is_not_implemented);
    DeleteIsNotAllowed "delete-is-not-allowed" breaks ["FHIR-CAP-011", "FHIR-DEL-001"]: "delete is claimed and answers 405" => Hook::Refuse(capability::delete_is_not_allowed);
    PatchIsNotImplemented "patch-is-not-implemented" breaks ["FHIR-CAP-011", "FHIR-PATCH-001", "FHIR-PATCH-002", "FHIR-PATCH-003", "FHIR-PATCH-004", "FHIR-PATCH-005"]: "patch is claimed and answers 501" => Hook::Refuse(capability::patch_is_not_implemented);
    TypeNamesInAnyCase "type-names-in-any-case" breaks ["FHIR-CAP-012"]: "the names of types are taken in any case: patient is Patient" => Hook::Request(capability::type_names_in_any_case);

    // Formats and content negotiation
    JsonAsPlainJson "json-as-plain-json" breaks ["FHIR-CN-001"]: "resources are sent as application/json" => Hook::Reply(negotiation::json_as_plain_json);
    XmlAsPlainXml "xml-as-plain-xml" breaks ["FHIR-CN-002"]: "resources are sent as application/xml" => Hook::Reply(negotiation::xml_as_plain_xml);
    XmlWithoutNamespace "xml-without-namespace" breaks ["FHIR-CN-002", "FHIR-CN-014"]: "the XML form has no namespace" => Hook::Reply(negotiation::xml_without_namespace);
    XmlIsRefused "xml-is-refused" breaks ["FHIR-CAP-010", "FHIR-CN-002", "FHIR-CN-007", "FHIR-CN-009", "FHIR-CN-014"]: "XML is claimed, and answered 406" => Hook::Request(negotiation::xml_is_refused);
    XmlGetsJson "xml-gets-json" breaks ["FHIR-CAP-010", "FHIR-CN-002", "FHIR-CN-007", "FHIR-CN-009", "FHIR-CN-014"]: "who asks for XML gets JSON" => Hook::Request(negotiation::xml_gets_json);
    IgnoresQuality "ignores-quality" breaks ["FHIR-CN-003"]: "the q-values of Accept are ignored: the first media type wins" => Hook::Request(negotiation::ignores_quality);
    GenericAcceptIsRefused "generic-accept-is-refused" breaks ["FHIR-CN-004"]: "Accept: application/json is answered 406" => Hook::Request(negotiation::generic_accept_is_refused);
    UnsupportedAcceptGetsJson "unsupported-accept-gets-json" breaks ["FHIR-CN-005"]: "who asks for a picture gets JSON" => Hook::Request(negotiation::unsupported_accept_gets_json);
    UnsupportedAcceptIsServerError "unsupported-accept-is-server-error" breaks ["FHIR-CN-005"]: "an Accept that cannot be met fails with 500" => Hook::Reply(negotiation::unsupported_accept_is_server_error);
    UnsupportedBodyIsRead "unsupported-body-is-read" breaks ["FHIR-CN-006"]: "a body is read as JSON whatever its media type" => Hook::Request(negotiation::unsupported_body_is_read);
    UnsupportedBodyIsServerError "unsupported-body-is-server-error" breaks ["FHIR-CN-006"]: "a body of an unsupported media type fails with 500" => Hook::Reply(negotiation::unsupported_body_is_server_error);
    IgnoresFormatParameter "ignores-format-parameter" breaks ["FHIR-CN-007", "FHIR-CN-009"]: "the parameter _format is ignored" => Hook::Request(negotiation::ignores_format);
    FormatTakesShortCodesOnly "format-takes-short-codes-only" breaks ["FHIR-CN-007"]: "the parameter _format takes no media types" => Hook::Request(negotiation::format_takes_short_codes_only);
    ReadsUtf8AsLatin1 "reads-utf8-as-latin1" breaks ["FHIR-CN-008", "FHIR-SRCH-021", "FHIR-SRCH-022"]: "bodies in UTF-8 are read as Latin-1" => Hook::Request(negotiation::reads_utf8_as_latin1);
    RepliesInLatin1 "replies-in-latin1" breaks ["FHIR-CN-008"]: "replies are written in Latin-1, with question marks for the rest" => Hook::Reply(negotiation::replies_in_latin1);
    FormatDecidesTheBody "format-decides-the-body" breaks ["FHIR-CN-009"]: "the parameter _format decides how the request body is read" => Hook::Request(negotiation::format_decides_the_body);
    PrettyIsRefused "pretty-is-refused" breaks ["FHIR-CN-011"]: "the parameter _pretty is refused" => Hook::Refuse(negotiation::pretty_is_refused);
    PrettyIsHtml "pretty-is-html" breaks ["FHIR-CN-011"]: "a pretty reply is an HTML page" => Hook::Reply(negotiation::pretty_is_html);
    PrettyLeavesOutMeta "pretty-leaves-out-meta" breaks ["FHIR-CN-011"]: "a pretty reply has no meta" => Hook::Answer(negotiation::pretty_leaves_out_meta);
    SendsEmptyArrays "sends-empty-arrays" breaks ["FHIR-CN-012"]: "resources have empty arrays" => Hook::Answer(negotiation::sends_empty_arrays);
    SendsEmptyEntries "sends-empty-entries" breaks ["FHIR-CN-012"]: "a Bundle without entries has an empty array of them" => Hook::Answer(negotiation::sends_empty_entries);
    SendsNulls "sends-nulls" breaks ["FHIR-CN-012"]: "elements without a value are sent as null" => Hook::Answer(negotiation::sends_nulls);
    XmlWithoutVersionId "xml-without-version-id" breaks ["FHIR-CN-014"]: "the XML form lacks the version id" => Hook::Answer(negotiation::xml_without_version_id);
    XmlLosesIdentifiers "xml-loses-identifiers" breaks ["FHIR-CN-014"]: "the XML form lacks the identifiers" => Hook::Answer(negotiation::xml_loses_identifiers);
    XmlChangesBooleans "xml-changes-booleans" breaks ["FHIR-CN-014"]: "the XML form says false where JSON says true" => Hook::Answer(negotiation::xml_changes_booleans);

    // Read
    ReadChangesTheId "read-changes-the-id" breaks ["FHIR-READ-001"]: "a read gives the id with its type before it" => Hook::Answer(reading::changes_the_id);
    ReadGivesAList "read-gives-a-list" breaks ["FHIR-READ-001"]: "a read gives a Bundle with the resource in it" => Hook::Answer(reading::gives_a_list);
    ReadWithoutEtag "read-without-etag" breaks ["FHIR-READ-002"]: "a read has no ETag" => Hook::Reply(reading::without_etag);
    ReadWithStrongEtag "read-with-strong-etag" breaks ["FHIR-READ-002"]: "the ETag of a read is a strong one" => Hook::Reply(reading::with_strong_etag);
    ReadWithHashedEtag "read-with-hashed-etag" breaks ["FHIR-READ-003"]: "the ETag of a read is a hash, not the version id" => Hook::Reply(reading::with_hashed_etag);
    ReadWithoutLastModified "read-without-last-modified" breaks ["FHIR-READ-004"]: "a read has no Last-Modified" => Hook::Reply(reading::without_last_modified);
    ReadWithWrongLastModified "read-with-wrong-last-modified" breaks ["FHIR-READ-004"]: "the Last-Modified of a read is a day off" => Hook::Reply(reading::last_modified_is_a_day_off);
    UnknownIsServerError "unknown-is-server-error" breaks ["FHIR-READ-005"]: "a read of an unknown id fails with 500" => Hook::Reply(reading::unknown_is_server_error);
    UnknownIsFine "unknown-is-fine" breaks ["FHIR-READ-005"]: "a read of an unknown id is answered 200 with an OperationOutcome" => Hook::Reply(reading::unknown_is_fine);
    DeletedIsServerError "deleted-is-server-error" breaks ["FHIR-READ-006", "FHIR-DEL-002"]: "a read of a deleted resource fails with 500" => Hook::Switch;
    DeletedIsStillReadable "deleted-is-still-readable" breaks ["FHIR-READ-006", "FHIR-DEL-002", "FHIR-COND-008"]: "a deleted resource can still be read" => Hook::Switch;
    AnyTagIsUnmodified "any-tag-is-unmodified" breaks ["FHIR-READ-007"]: "If-None-Match is answered 304 whatever the tag" => Hook::Switch;
    IfNoneMatchIsRefused "if-none-match-is-refused" breaks ["FHIR-READ-007"]: "a read with If-None-Match is answered 412" => Hook::Refuse(reading::if_none_match_is_refused);
    IfModifiedSinceIsRefused "if-modified-since-is-refused" breaks ["FHIR-READ-008"]: "a read with If-Modified-Since is answered 412" => Hook::Refuse(reading::if_modified_since_is_refused);
    SummaryWithoutTag "summary-without-tag" breaks ["FHIR-READ-009"]: "a summary is not marked as a part" => Hook::Answer(reading::summary_without_tag);
    SummaryIsRefused "summary-is-refused" breaks ["FHIR-READ-009"]: "a read with _summary is refused" => Hook::Refuse(reading::summary_is_refused);
    HeadIsNotFound "head-is-not-found" breaks ["FHIR-READ-010"]: "HEAD is answered 404" => Hook::Reply(reading::head_is_not_found);
    HeadWithoutHeaders "head-without-headers" breaks ["FHIR-READ-010"]: "HEAD has neither ETag nor Last-Modified nor Content-Type" => Hook::Reply(reading::head_without_headers);
    MalformedIdIsServerError "malformed-id-is-server-error" breaks ["FHIR-READ-011"]: "an id outside the grammar fails with 500" => Hook::Reply(reading::malformed_id_is_server_error);
    UnversionedShowsVersions "unversioned-shows-versions" breaks ["FHIR-READ-012"]: "a type without versions shows version ids" => Hook::Answer(reading::unversioned_shows_versions);
    UnversionedKeepsItsTime "unversioned-keeps-its-time" breaks ["FHIR-READ-012"]: "an update of a type without versions leaves lastUpdated as it was" => Hook::Answer(reading::unversioned_keeps_its_time);
    CapabilityDeniesVersions "capability-denies-versions" breaks ["FHIR-READ-012"]: "the CapabilityStatement says that there are no versions, and there are" => Hook::Statement(capability::denies_versions);
    ReferencesWithInnerKeys "references-with-inner-keys" breaks ["FHIR-READ-013"]: "references name the keys of a database, not the ids" => Hook::Answer(reading::references_with_inner_keys);

    // Read of a version
    VreadWithoutVersionId "vread-without-version-id" breaks ["FHIR-VREAD-001"]: "a version is read without its version id" => Hook::Answer(reading::vread_without_version_id);
    VreadGivesTheCurrent "vread-gives-the-current" breaks ["FHIR-VREAD-002", "FHIR-VREAD-004"]: "whatever version is asked for, the current one is given" => Hook::Request(reading::vread_gives_the_current);
    VreadGivesTheCurrentContent "vread-gives-the-current-content" breaks ["FHIR-VREAD-002"]: "an old version has the current content under its own number" => Hook::Switch;
    OldVersionIsServerError "old-version-is-server-error" breaks ["FHIR-VREAD-002"]: "a read of an old version fails with 500" => Hook::Switch;
    DeletedVersionIsNotFound "deleted-version-is-not-found" breaks ["FHIR-VREAD-003"]: "the version that records a delete is answered 404" => Hook::Switch;
    DeletedVersionIsServerError "deleted-version-is-server-error" breaks ["FHIR-VREAD-003"]: "the version that records a delete fails with 500" => Hook::Reply(reading::deleted_version_is_server_error);
    UnknownVersionIsBadRequest "unknown-version-is-bad-request" breaks ["FHIR-VREAD-004"]: "an unknown version is answered 400" => Hook::Reply(reading::unknown_version_is_bad_request);
    UnknownVersionWithoutOutcome "unknown-version-without-outcome" breaks ["FHIR-VREAD-004"]: "an unknown version is answered 404 without an OperationOutcome" => Hook::Reply(reading::unknown_version_without_outcome);

    // History
    HistoryOldestFirst "history-oldest-first" breaks ["FHIR-HIST-001"]: "a history begins with the oldest version" => Hook::Answer(history::oldest_first);
    HistoryAsSearchset "history-as-searchset" breaks ["FHIR-HIST-001", "FHIR-HIST-004", "FHIR-HIST-007"]: "a history is a Bundle of type searchset" => Hook::Answer(history::as_searchset);
    HistoryForgets "history-forgets" breaks ["FHIR-HIST-001"]: "a history has the current version only" => Hook::Answer(history::forgets);
    HistoryWithoutResources "history-without-resources" breaks ["FHIR-HIST-001", "FHIR-HIST-002"]: "the entries of a history have no resources" => Hook::Answer(history::without_resources);
    HistoryHidesDeletes "history-hides-deletes" breaks ["FHIR-HIST-003"]: "a deletion does not appear in the history" => Hook::Answer(history::hides_deletes);
    HistoryOfDeletesHasResources "history-of-deletes-has-resources" breaks ["FHIR-HIST-003"]: "the entry of a deletion has the resource that was deleted" => Hook::Answer(history::of_deletes_has_resources);
    HistoryIgnoresCount "history-ignores-count" breaks ["FHIR-HIST-004"]: "a history ignores _count" => Hook::Request(history::ignores_count);
    HistoryWithoutNext "history-without-next" breaks ["FHIR-HIST-004"]: "a page of a history has no link to the next" => Hook::Answer(history::without_next);
    HistoryIgnoresSince "history-ignores-since" breaks ["FHIR-HIST-005"]: "a history ignores _since" => Hook::Request(history::ignores_since);
    HistorySinceIsAfter "history-since-is-after" breaks ["FHIR-HIST-005"]: "a version of the very instant of _since is left out" => Hook::Switch;
    HistoryOfUnknownIsEmpty "history-of-unknown-is-empty" breaks ["FHIR-HIST-006"]: "the history of an unknown id is an empty Bundle" => Hook::Answer(history::of_unknown_is_empty);
    HistoryOfUnknownWithoutOutcome "history-of-unknown-without-outcome" breaks ["FHIR-HIST-006"]: "the history of an unknown id is answered 404 without an OperationOutcome" => Hook::Reply(history::of_unknown_without_outcome);
    TypeHistoryMixesTypes "type-history-mixes-types" breaks ["FHIR-HIST-007"]: "the history of a type is that of the whole server" => Hook::Request(history::of_type_mixes_types);
    TypeHistoryForgets "type-history-forgets" breaks ["FHIR-HIST-007"]: "the history of a type lacks its newest version" => Hook::Answer(history::of_type_forgets);
    HistoryWithoutRequests "history-without-requests" breaks ["FHIR-HIST-003", "FHIR-HIST-008"]: "the entries of a history have no request" => Hook::Answer(history::without_requests);
    HistoryWithoutResponses "history-without-responses" breaks ["FHIR-HIST-008"]: "the entries of a history have no response" => Hook::Answer(history::without_responses);
    HistoryWithSearchModes "history-with-search-modes" breaks ["FHIR-HIST-008"]: "the entries of a history have a search mode" => Hook::Answer(history::with_search_modes);

    // Create
    CreateAnswers200 "create-answers-200" breaks ["FHIR-CREATE-001"]: "a create is answered 200 instead of 201" => Hook::Reply(writing::create_answers_200);
    CreateWithoutLocation "create-without-location" breaks ["FHIR-CREATE-002"]: "a create has no Location" => Hook::Reply(writing::create_without_location);
    CreateLocationWithQuery "create-location-with-query" breaks ["FHIR-CREATE-002"]: "the Location of a create repeats the query of the request" => Hook::Reply(writing::create_location_with_query);
    CreateLocationLeadsNowhere "create-location-leads-nowhere" breaks ["FHIR-CREATE-002"]: "the Location of a create leads to no resource" => Hook::Reply(writing::create_location_leads_nowhere);
    CreateKeepsTheClientsId "create-keeps-the-clients-id" breaks ["FHIR-CREATE-003"]: "a create stores the resource under the id in the body" => Hook::Switch;
    CreateKeepsTheClientsVersion "create-keeps-the-clients-version" breaks ["FHIR-CREATE-004"]: "a create keeps the client's meta.versionId" => Hook::Switch;
    CreateKeepsTheClientsTime "create-keeps-the-clients-time" breaks ["FHIR-CREATE-004"]: "a create keeps the client's meta.lastUpdated" => Hook::Switch;
    CreateWithoutEtag "create-without-etag" breaks ["FHIR-CREATE-005"]: "a create has no ETag" => Hook::Reply(writing::create_without_etag);
    CreateWithoutLastModified "create-without-last-modified" breaks ["FHIR-CREATE-005"]: "a create has no Last-Modified" => Hook::Reply(writing::create_without_last_modified);
    MalformedIsServerError "malformed-is-server-error" breaks ["FHIR-CREATE-006"]: "a body that is not JSON fails with 500" => Hook::Reply(writing::malformed_is_server_error);
    MalformedIsUnprocessable "malformed-is-unprocessable" breaks ["FHIR-CREATE-006"]: "a body that is not JSON is answered 422" => Hook::Reply(writing::malformed_is_unprocessable);
    BrokenRuleIsServerError "broken-rule-is-server-error" breaks ["FHIR-CREATE-007"]: "a body that breaks a rule fails with 500" => Hook::Reply(writing::broken_rule_is_server_error);
    CreateTakesAnyType "create-takes-any-type" breaks ["FHIR-CREATE-008"]: "a create takes a body of another type than that of the URL" => Hook::Switch;
    CreateIgnoresMinimal "create-ignores-minimal" breaks ["FHIR-CREATE-009"]: "return=minimal is ignored" => Hook::Request(writing::create_ignores_minimal);
    CreateIgnoresRepresentation "create-ignores-representation" breaks ["FHIR-CREATE-010"]: "return=representation gives no body" => Hook::Request(writing::create_ignores_representation);
    CreateEchoesTheRequest "create-echoes-the-request" breaks ["FHIR-CREATE-010"]: "return=representation gives back what was sent, without an id" => Hook::Answer(writing::create_echoes_the_request);
    CreateIgnoresOutcome "create-ignores-outcome" breaks ["FHIR-CREATE-011"]: "return=OperationOutcome is ignored" => Hook::Request(writing::create_ignores_outcome);
    CreateAlwaysSendsAnOutcome "create-always-sends-an-outcome" breaks ["FHIR-CREATE-011"]: "a create gives an OperationOutcome that nobody asked for" => Hook::Request(writing::create_always_sends_an_outcome);
    CreateDropsTelecoms "create-drops-telecoms" breaks ["FHIR-CREATE-012"]: "a create loses phone numbers and addresses" => Hook::Switch;
    CreateKeepsOneGivenName "create-keeps-one-given-name" breaks ["FHIR-CREATE-012"]: "a create keeps only the first of several given names" => Hook::Switch;
    PostToInstanceCreates "post-to-instance-creates" breaks ["FHIR-CREATE-013"]: "a POST to a resource creates another" => Hook::Request(writing::post_to_instance_creates);
    PostToInstanceIsServerError "post-to-instance-is-server-error" breaks ["FHIR-CREATE-013"]: "a POST to a resource fails with 500" => Hook::Reply(writing::post_to_instance_is_server_error);
    ActiveNarrativeIsStored "active-narrative-is-stored" breaks ["FHIR-CREATE-014"]: "a narrative with a script is stored" => Hook::Switch;

    // Update
    UpdateAnswers201 "update-answers-201" breaks ["FHIR-UPDATE-001", "FHIR-CONC-002"]: "an update of what exists is answered 201" => Hook::Reply(writing::update_answers_201);
    UpdateWithOldEtag "update-with-old-etag" breaks ["FHIR-UPDATE-001"]: "the ETag of an update is that of the version before" => Hook::Reply(writing::update_with_old_etag);
    UpdateWithoutEtag "update-without-etag" breaks ["FHIR-UPDATE-001"]: "an update has no ETag" => Hook::Reply(writing::update_without_etag);
    UpdateWithoutLastModified "update-without-last-modified" breaks ["FHIR-UPDATE-001"]: "an update has no Last-Modified" => Hook::Reply(writing::update_without_last_modified);
    UpdateNeedsNoId "update-needs-no-id" breaks ["FHIR-UPDATE-002"]: "an update whose body has no id is accepted" => Hook::Switch;
    UpdateIgnoresTheBodysId "update-ignores-the-bodys-id" breaks ["FHIR-UPDATE-003"]: "an update whose body has another id is accepted" => Hook::Switch;
    UpdateFollowsTheBodysId "update-follows-the-bodys-id" breaks ["FHIR-UPDATE-003"]: "an update goes to the resource that the body names, not the URL" => Hook::Switch;
    UpdateKeepsTheClientsVersion "update-keeps-the-clients-version" breaks ["FHIR-UPDATE-004"]: "an update keeps the client's meta.versionId" => Hook::Switch;
    UpdateCreateAnswers200 "update-create-answers-200" breaks ["FHIR-UPDATE-005"]: "an update that creates is answered 200" => Hook::Reply(writing::update_create_answers_200);
    UpdateCreateTakesAnotherId "update-create-takes-another-id" breaks ["FHIR-UPDATE-005"]: "an update that creates stores under an id of the server" => Hook::Switch;
    ClientsIdIsServerError "clients-id-is-server-error" breaks ["FHIR-UPDATE-006"]: "an update of an unknown id, where clients choose no ids, fails with 500" => Hook::Reply(writing::clients_id_is_server_error);
    CapabilityDeniesClientsIds "capability-denies-clients-ids" breaks ["FHIR-UPDATE-006"]: "the CapabilityStatement says that clients choose no ids, and they do" => Hook::Statement(capability::denies_clients_ids);
    DeletedStaysDeleted "deleted-stays-deleted" breaks ["FHIR-UPDATE-007"]: "a deleted resource cannot be brought back: 409" => Hook::Switch;
    DeletedComesBackUnseen "deleted-comes-back-unseen" breaks ["FHIR-UPDATE-007"]: "an update of a deleted resource says 201 and stores nothing" => Hook::Switch;
    UpdateMerges "update-merges" breaks ["FHIR-UPDATE-008"]: "an update leaves the elements that the body does not have" => Hook::Switch;
    UpdateCreateWithoutLocation "update-create-without-location" breaks ["FHIR-UPDATE-009"]: "an update that creates has no Location" => Hook::Reply(writing::update_create_without_location);

    // Version-aware updates
    IgnoresIfMatch "ignores-if-match" breaks ["FHIR-CONC-001", "FHIR-CONC-004", "FHIR-PATCH-003"]: "If-Match is ignored: updates are lost" => Hook::Switch;
    StaleIsConflict "stale-is-conflict" breaks ["FHIR-CONC-001", "FHIR-PATCH-003"]: "a stale If-Match is answered 409" => Hook::Reply(writing::stale_is_conflict);
    StaleIsWrittenAnyway "stale-is-written-anyway" breaks ["FHIR-CONC-001", "FHIR-CONC-004"]: "an update with a stale If-Match is answered 412 and done" => Hook::Switch;
    WeakTagsNeverMatch "weak-tags-never-match" breaks ["FHIR-CONC-002", "FHIR-CONC-004"]: "If-Match is compared strongly, so that no weak tag fits" => Hook::Switch;
    MissingIfMatchIsConflict "missing-if-match-is-conflict" breaks ["FHIR-CONC-003", "FHIR-UPDATE-001", "FHIR-UPDATE-004", "FHIR-UPDATE-008"]: "an update without If-Match is answered 409" => Hook::Switch;

    // Conditional interactions
    ConditionalCreateNeverCreates "conditional-create-never-creates" breaks ["FHIR-COND-001"]: "a conditional create without a match is answered 412" => Hook::Switch;
    ConditionalCreateAnswers200 "conditional-create-answers-200" breaks ["FHIR-COND-001"]: "a conditional create without a match is answered 200" => Hook::Reply(conditional::create_answers_200);
    IgnoresIfNoneExist "ignores-if-none-exist" breaks ["FHIR-COND-002", "FHIR-COND-003"]: "If-None-Exist is ignored: duplicates appear" => Hook::Switch;
    ConditionalCreateMatchIs201 "conditional-create-match-is-201" breaks ["FHIR-COND-002"]: "a conditional create with a match is answered 201" => Hook::Reply(conditional::create_match_is_201);
    ConditionalCreateUpdatesTheMatch "conditional-create-updates-the-match" breaks ["FHIR-COND-002"]: "a conditional create with a match updates it" => Hook::Switch;
    ConditionalCreateTakesTheFirst "conditional-create-takes-the-first" breaks ["FHIR-COND-003"]: "a conditional create with several matches creates one more" => Hook::Switch;
    SeveralMatchesAreBadRequest "several-matches-are-bad-request" breaks ["FHIR-COND-003", "FHIR-COND-006", "FHIR-COND-009", "FHIR-COND-011"]: "several matches are answered 400 instead of 412" => Hook::Reply(conditional::several_matches_are_bad_request);
    ConditionalUpdateNeverCreates "conditional-update-never-creates" breaks ["FHIR-COND-004"]: "a conditional update without a match is answered 404" => Hook::Switch;
    ConditionalUpdateCreateAnswers200 "conditional-update-create-answers-200" breaks ["FHIR-COND-004"]: "a conditional update without a match is answered 200" => Hook::Reply(conditional::update_create_answers_200);
    ConditionalUpdateAlwaysCreates "conditional-update-always-creates" breaks ["FHIR-COND-005"]: "a conditional update with a match creates one more" => Hook::Switch;
    ConditionalUpdateTakesTheFirst "conditional-update-takes-the-first" breaks ["FHIR-COND-006"]: "a conditional update with several matches updates the first" => Hook::Switch;
    ConditionalUpdateIgnoresTheBodysId "conditional-update-ignores-the-bodys-id" breaks ["FHIR-COND-007"]: "a conditional update whose body has another id is accepted" => Hook::Switch;
    ConditionalDeleteDoesNothing "conditional-delete-does-nothing" breaks ["FHIR-COND-008"]: "a conditional delete says 204 and deletes nothing" => Hook::Switch;
    ConditionalDeleteTakesTheFirst "conditional-delete-takes-the-first" breaks ["FHIR-COND-009"]: "a conditional delete with several matches deletes the first" => Hook::Switch;
    ConditionalDeleteTakesAll "conditional-delete-takes-all" breaks ["FHIR-COND-009"]: "a conditional delete takes all matches, though it is claimed for single ones" => Hook::Switch;
    CapabilityClaimsMultipleDelete "capability-claims-multiple-delete" breaks ["FHIR-COND-009"]: "the CapabilityStatement claims conditional delete of several, which is refused" => Hook::Statement(capability::claims_multiple_delete);
    CapabilityDeniesConditionalUpdate "capability-denies-conditional-update" breaks ["FHIR-COND-010"]: "the CapabilityStatement says that there is no conditional update, and there is" => Hook::Statement(capability::denies_conditional_update);
    UnofferedConditionIsServerError "unoffered-condition-is-server-error" breaks ["FHIR-COND-010"]: "a conditional update of a type without it fails with 500" => Hook::Reply(conditional::unoffered_is_server_error);
    ConditionalPatchTakesTheFirst "conditional-patch-takes-the-first" breaks ["FHIR-COND-011"]: "a conditional patch with several matches patches the first" => Hook::Switch;
    ConditionalPatchWithoutMatchIsFine "conditional-patch-without-match-is-fine" breaks ["FHIR-COND-011"]: "a conditional patch without a match is answered 200" => Hook::Reply(conditional::patch_without_match_is_fine);

    // Patch
    PatchDoesNothing "patch-does-nothing" breaks ["FHIR-PATCH-001", "FHIR-PATCH-004"]: "a patch is answered 200 and changes nothing" => Hook::Switch;
    PatchKeepsTheVersion "patch-keeps-the-version" breaks ["FHIR-PATCH-001"]: "a patch changes the resource without a new version" => Hook::Switch;
    PatchWithOldEtag "patch-with-old-etag" breaks ["FHIR-PATCH-001"]: "the ETag of a patch is that of the version before" => Hook::Reply(writing::patch_with_old_etag);
    FailedTestIsIgnored "failed-test-is-ignored" breaks ["FHIR-PATCH-002"]: "a test in a patch that fails is ignored" => Hook::Switch;
    FailedPatchIsHalfDone "failed-patch-is-half-done" breaks ["FHIR-PATCH-002"]: "a patch that fails leaves what came before the failure" => Hook::Switch;
    PatchIgnoresIfMatch "patch-ignores-if-match" breaks ["FHIR-PATCH-003"]: "If-Match is ignored on a patch" => Hook::Switch;
    FhirpathPatchIsServerError "fhirpath-patch-is-server-error" breaks ["FHIR-PATCH-004"]: "a FHIRPath Patch fails with 500" => Hook::Refuse(writing::fhirpath_patch_is_server_error);
    UnknownPatchIsBadRequest "unknown-patch-is-bad-request" breaks ["FHIR-PATCH-005"]: "a patch of an unknown media type is answered 400" => Hook::Reply(writing::unknown_patch_is_bad_request);
    UnknownPatchIsFine "unknown-patch-is-fine" breaks ["FHIR-PATCH-005"]: "a patch of an unknown media type is answered 200 and ignored" => Hook::Reply(writing::unknown_patch_is_fine);

    // Delete
    DeleteAnswers200WithoutBody "delete-answers-200-without-body" breaks ["FHIR-DEL-001"]: "a delete is answered 200 without a body" => Hook::Reply(writing::delete_answers_200_without_body);
    DeleteRedirects "delete-redirects" breaks ["FHIR-DEL-001", "FHIR-DEL-003"]: "a delete is answered 303, to the type" => Hook::Reply(writing::delete_redirects);
    DeletedIsStillFound "deleted-is-still-found" breaks ["FHIR-DEL-002"]: "a search still finds what was deleted" => Hook::Switch;
    SecondDeleteIsGone "second-delete-is-gone" breaks ["FHIR-DEL-003"]: "a second delete is answered 410" => Hook::Switch;
    DeleteOfUnknownIsServerError "delete-of-unknown-is-server-error" breaks ["FHIR-DEL-004"]: "a delete of what never was fails with 500" => Hook::Switch;
    ReferencedDeleteIsServerError "referenced-delete-is-server-error" breaks ["FHIR-DEL-005"]: "a delete of what others refer to fails with 500" => Hook::Reply(writing::referenced_delete_is_server_error);
    ReferencedDeleteWithoutOutcome "referenced-delete-without-outcome" breaks ["FHIR-DEL-005"]: "a delete of what others refer to is answered 409 without an OperationOutcome" => Hook::Reply(writing::referenced_delete_without_outcome);
    DeleteSpoilsOldVersions "delete-spoils-old-versions" breaks ["FHIR-DEL-006"]: "after a delete the earlier versions fail with 500" => Hook::Switch;
    DeleteEmptiesOldVersions "delete-empties-old-versions" breaks ["FHIR-DEL-006"]: "after a delete the earlier versions are empty" => Hook::Switch;

    // Search: requests and answers
    SearchAsCollection "search-as-collection" breaks ["FHIR-SRCH-001"]: "a search gives a Bundle of type collection" => Hook::Answer(searching::as_collection);
    SearchAnswers201 "search-answers-201" breaks ["FHIR-SRCH-001"]: "a search is answered 201" => Hook::Reply(searching::answers_201);
    NoPostSearch "no-post-search" breaks ["FHIR-SRCH-002", "FHIR-SRCH-003"]: "_search by POST is answered 405" => Hook::Refuse(searching::no_post);
    PostSearchIgnoresTheBody "post-search-ignores-the-body" breaks ["FHIR-SRCH-002", "FHIR-SRCH-003"]: "_search by POST ignores the parameters of the body" => Hook::Request(searching::post_ignores_the_body);
    PostSearchIgnoresTheUrl "post-search-ignores-the-url" breaks ["FHIR-SRCH-003"]: "_search by POST ignores the parameters of the URL" => Hook::Request(searching::post_ignores_the_url);
    SearchWithoutSelfLink "search-without-self-link" breaks ["FHIR-SRCH-004"]: "a searchset has no self link" => Hook::Answer(searching::without_self_link);
    CountWithoutSelfLink "count-without-self-link" breaks ["FHIR-SRCH-004"]: "a searchset that only counts has no self link" => Hook::Answer(searching::count_without_self_link);
    SelfLinkRepeatsTheRequest "self-link-repeats-the-request" breaks ["FHIR-SRCH-004"]: "the self link names parameters that were ignored" => Hook::Answer(searching::self_link_repeats_the_request);
    SelfLinkForgetsTheBody "self-link-forgets-the-body" breaks ["FHIR-SRCH-004"]: "the self link of a search by POST lacks the parameters of the body" => Hook::Answer(searching::self_link_forgets_the_body);
    UnknownParameterIsRefused "unknown-parameter-is-refused" breaks ["FHIR-SRCH-005"]: "an unknown search parameter is refused, unless lenient handling is asked for" => Hook::Request(searching::strict_unless_lenient);
    IgnoresStrictHandling "ignores-strict-handling" breaks ["FHIR-SRCH-006"]: "an unknown search parameter is ignored although strict handling is asked for" => Hook::Switch;
    LenientIsStrict "lenient-is-strict" breaks ["FHIR-SRCH-007"]: "handling=lenient is taken for strict" => Hook::Request(searching::lenient_is_strict);
    IgnoresBadDates "ignores-bad-dates" breaks ["FHIR-SRCH-008"]: "a search for what is no date ignores it and finds everything" => Hook::Switch;
    BadDatesFindNothing "bad-dates-find-nothing" breaks ["FHIR-SRCH-008"]: "a search for what is no date finds nothing, without an error" => Hook::Switch;
    UnknownReferenceFindsAll "unknown-reference-finds-all" breaks ["FHIR-SRCH-009"]: "a search for a reference to what is not there ignores it" => Hook::Switch;
    NothingFoundIs404 "nothing-found-is-404" breaks ["FHIR-SRCH-009"]: "a search that finds nothing is answered 404" => Hook::Answer(searching::nothing_found_is_404);
    IgnoresUnknownModifiers "ignores-unknown-modifiers" breaks ["FHIR-SRCH-010"]: "an unsupported search modifier is silently ignored" => Hook::Switch;
    OnlyStringsRefuseModifiers "only-strings-refuse-modifiers" breaks ["FHIR-SRCH-010"]: "an unsupported search modifier is refused on strings only" => Hook::Switch;
    OnlyTokensRefuseModifiers "only-tokens-refuse-modifiers" breaks ["FHIR-SRCH-010"]: "an unsupported search modifier is refused on tokens only" => Hook::Switch;
    IgnoresIdParameter "ignores-id-parameter" breaks ["FHIR-SRCH-011"]: "the search parameter _id is ignored" => Hook::Request(searching::ignores_id);
    IdsInAnyCase "ids-in-any-case" breaks ["FHIR-SRCH-011"]: "a search for an id finds it in any case" => Hook::Switch;
    CountIsOneMore "count-is-one-more" breaks ["FHIR-SRCH-012"]: "a page has one match more than _count" => Hook::Request(searching::count_is_one_more);
    IgnoresCount "ignores-count" breaks ["FHIR-SRCH-003", "FHIR-SRCH-012", "FHIR-SRCH-013"]: "_count is ignored" => Hook::Request(searching::ignores_count);
    CountZeroGivesAPage "count-zero-gives-a-page" breaks ["FHIR-SRCH-013"]: "_count=0 gives a page of the usual size" => Hook::Request(searching::count_zero_gives_a_page);
    CountZeroIsRefused "count-zero-is-refused" breaks ["FHIR-SRCH-013"]: "_count=0 is refused" => Hook::Refuse(searching::count_zero_is_refused);
    CountZeroWithoutTotal "count-zero-without-total" breaks ["FHIR-SRCH-013"]: "_count=0 gives no total" => Hook::Answer(searching::count_zero_without_total);
    SummaryCountGivesEntries "summary-count-gives-entries" breaks ["FHIR-SRCH-014"]: "_summary=count gives the entries, too" => Hook::Request(searching::summary_count_gives_entries);
    SummaryCountWithoutTotal "summary-count-without-total" breaks ["FHIR-SRCH-014"]: "_summary=count gives no total" => Hook::Answer(searching::summary_count_without_total);
    SearchWithoutNext "search-without-next" breaks ["FHIR-SRCH-015"]: "a page of a searchset has no link to the next" => Hook::Answer(searching::without_next);
    NextPageOverlaps "next-page-overlaps" breaks ["FHIR-SRCH-015"]: "the next page repeats the last match of the page before" => Hook::Switch;
    NextPageSkips "next-page-skips" breaks ["FHIR-SRCH-015"]: "the next page skips a match" => Hook::Switch;
    NextLinkLeadsNowhere "next-link-leads-nowhere" breaks ["FHIR-SRCH-015", "FHIR-SRCH-016"]: "the link to the next page leads nowhere" => Hook::Answer(searching::next_link_leads_nowhere);
    NextLinkExpiresAtOnce "next-link-expires-at-once" breaks ["FHIR-SRCH-015", "FHIR-SRCH-016"]: "the next page is gone when it is asked for" => Hook::Refuse(searching::next_link_expires_at_once);
    TotalIsOfThePage "total-is-of-the-page" breaks ["FHIR-SRCH-017"]: "the total counts the matches on the page" => Hook::Answer(searching::total_is_of_the_page);
    TotalCountsIncludes "total-counts-includes" breaks ["FHIR-SRCH-017"]: "the total counts what is included, too" => Hook::Answer(searching::total_counts_includes);
    IgnoresInclude "ignores-include" breaks ["FHIR-SRCH-018"]: "_include is claimed and ignored" => Hook::Request(searching::ignores_include);
    IncludesAreMatches "includes-are-matches" breaks ["FHIR-SRCH-018", "FHIR-SRCH-019"]: "what is included has the search mode match" => Hook::Answer(searching::includes_are_matches);
    IgnoresRevinclude "ignores-revinclude" breaks ["FHIR-SRCH-019"]: "_revinclude is claimed and ignored" => Hook::Request(searching::ignores_revinclude);
    RevincludeBringsAll "revinclude-brings-all" breaks ["FHIR-SRCH-019"]: "_revinclude brings resources that refer to others" => Hook::Switch;
    IgnoresSort "ignores-sort" breaks ["FHIR-SRCH-020"]: "_sort is ignored" => Hook::Request(searching::ignores_sort);
    SortIgnoresTheMinus "sort-ignores-the-minus" breaks ["FHIR-SRCH-020"]: "the minus of _sort is ignored" => Hook::Request(searching::sort_ignores_the_minus);
    ElementsWithoutTag "elements-without-tag" breaks ["FHIR-SRCH-030"]: "what _elements gives is not marked as a part" => Hook::Answer(searching::elements_without_tag);
    ElementsDropsMandatory "elements-drops-mandatory" breaks ["FHIR-SRCH-030"]: "_elements leaves mandatory elements out" => Hook::Answer(searching::elements_drops_mandatory);
    IgnoresElements "ignores-elements" breaks ["FHIR-SRCH-030"]: "_elements is ignored" => Hook::Request(searching::ignores_elements);
    WarningIsAnError "warning-is-an-error" breaks ["FHIR-SRCH-031"]: "a searchset has an OperationOutcome with an error" => Hook::Answer(searching::warning_is_an_error);
    WarningIsAMatch "warning-is-a-match" breaks ["FHIR-SRCH-031"]: "the OperationOutcome of a searchset has the search mode match" => Hook::Answer(searching::warning_is_a_match);
    RefusedSearchIsFine "refused-search-is-fine" breaks ["FHIR-SRCH-006", "FHIR-SRCH-008", "FHIR-SRCH-010", "FHIR-SRCH-033", "FHIR-SRCH-036"]: "a search that is refused is answered 200, with the error in the Bundle" => Hook::Answer(searching::refused_is_fine);
    RefusedSearchWithoutOutcome "refused-search-without-outcome" breaks ["FHIR-SRCH-006", "FHIR-SRCH-032"]: "a search that is refused has no OperationOutcome" => Hook::Reply(searching::refused_without_outcome);
    IgnoresNamedQuery "ignores-named-query" breaks ["FHIR-SRCH-033"]: "an unknown _query is ignored" => Hook::Request(searching::ignores_named_query);
    EmptyValueIsRefused "empty-value-is-refused" breaks ["FHIR-SRCH-034"]: "a search parameter without a value is refused" => Hook::Refuse(searching::empty_value_is_refused);
    EmptyValueFindsNothing "empty-value-finds-nothing" breaks ["FHIR-SRCH-034"]: "a search parameter without a value finds nothing" => Hook::Switch;
    FullUrlsRepeat "full-urls-repeat" breaks ["FHIR-SRCH-035"]: "all entries of a searchset have the same fullUrl" => Hook::Answer(searching::full_urls_repeat);
    FullUrlsAreRelative "full-urls-are-relative" breaks ["FHIR-SRCH-035"]: "the fullUrls of a searchset are relative" => Hook::Answer(searching::full_urls_are_relative);
    FullUrlsOfAnotherHost "full-urls-of-another-host" breaks ["FHIR-SRCH-035"]: "the fullUrls of a searchset name an inner host" => Hook::Answer(searching::full_urls_of_another_host);
    MixedSearchTakesAnyParameter "mixed-search-takes-any-parameter" breaks ["FHIR-SRCH-036"]: "a search in several types takes a parameter that only one of them has" => Hook::Switch;
    CompartmentGivesEverything "compartment-gives-everything" breaks ["FHIR-SRCH-037"]: "a search in a compartment finds what is outside it, too" => Hook::Request(searching::compartment_gives_everything);

    // Search: what matches
    StringsAreCaseSensitive "strings-are-case-sensitive" breaks ["FHIR-SRCH-021"]: "a string search minds the case" => Hook::Switch;
    StringsMindAccents "strings-mind-accents" breaks ["FHIR-SRCH-021"]: "a string search minds accents" => Hook::Switch;
    StringsMatchAnywhere "strings-match-anywhere" breaks ["FHIR-SRCH-021"]: "a string search matches anywhere in the text" => Hook::Switch;
    StringsMatchWhole "strings-match-whole" breaks ["FHIR-SRCH-021"]: "a string search matches the whole text only" => Hook::Switch;
    ExactIgnoresCase "exact-ignores-case" breaks ["FHIR-SRCH-022"]: ":exact ignores case and accents" => Hook::Switch;
    ExactIsAStart "exact-is-a-start" breaks ["FHIR-SRCH-022"]: ":exact matches what only starts so" => Hook::Switch;
    ContainsIsAStart "contains-is-a-start" breaks ["FHIR-SRCH-022"]: ":contains matches the start only" => Hook::Switch;
    TokenIgnoresTheSystem "token-ignores-the-system" breaks ["FHIR-SRCH-023"]: "the system of a token is ignored" => Hook::Switch;
    BareBarIsAnySystem "bare-bar-is-any-system" breaks ["FHIR-SRCH-023"]: "a token |code finds it in any system" => Hook::Switch;
    SystemBarFindsNothing "system-bar-finds-nothing" breaks ["FHIR-SRCH-023"]: "a token system| finds nothing" => Hook::Switch;
    InclusivePrefixesExclude "inclusive-prefixes-exclude" breaks ["FHIR-SRCH-024"]: "ge and le leave out the boundary" => Hook::Switch;
    PrefixesAreIgnored "prefixes-are-ignored" breaks ["FHIR-SRCH-024"]: "the prefix of a date is ignored" => Hook::Switch;
    PartialDatesAreTheirStart "partial-dates-are-their-start" breaks ["FHIR-SRCH-024", "FHIR-SRCH-025"]: "a search for a year or month is one for its first moment" => Hook::Switch;
    PeriodsAreTheirStart "periods-are-their-start" breaks ["FHIR-SRCH-024"]: "a period is compared by its start only" => Hook::Switch;
    ExclusivePrefixesInclude "exclusive-prefixes-include" breaks ["FHIR-SRCH-024"]: "gt and lt take the boundary in" => Hook::Switch;
    RepeatedIsOr "repeated-is-or" breaks ["FHIR-SRCH-026"]: "a repeated parameter is an alternative" => Hook::Switch;
    LastRepetitionWins "last-repetition-wins" breaks ["FHIR-SRCH-026"]: "of a repeated parameter only the last counts" => Hook::Request(searching::last_repetition_wins);
    CommaIsPlain "comma-is-plain" breaks ["FHIR-SRCH-026"]: "a comma does not separate alternatives" => Hook::Switch;
    IgnoresEscapes "ignores-escapes" breaks ["FHIR-SRCH-027"]: "a backslash in a search value escapes nothing" => Hook::Switch;
    IgnoresMissing "ignores-missing" breaks ["FHIR-SRCH-028"]: "a parameter with :missing is ignored" => Hook::Request(searching::ignores_missing);
    MissingIsInverted "missing-is-inverted" breaks ["FHIR-SRCH-028"]: ":missing=true finds what is there" => Hook::Switch;
    IgnoresChains "ignores-chains" breaks ["FHIR-SRCH-029"]: "a chained parameter is ignored" => Hook::Request(searching::ignores_chains);
    ChainsMindTheTypeOnly "chains-mind-the-type-only" breaks ["FHIR-SRCH-029"]: "a chained parameter looks at the type of the target only" => Hook::Switch;
    IgnoresLastUpdated "ignores-last-updated" breaks ["FHIR-SRCH-038"]: "_lastUpdated is ignored" => Hook::Request(searching::ignores_last_updated);
    LastUpdatedByDay "last-updated-by-day" breaks ["FHIR-SRCH-038"]: "_lastUpdated is compared by the day" => Hook::Switch;

    // Transactions and batches
    TransactionAnswersInItsOrder "transaction-answers-in-its-order" breaks ["FHIR-TXN-001"]: "the answers of a transaction are in the order of processing" => Hook::Switch;
    TransactionAnswersAsBatch "transaction-answers-as-batch" breaks ["FHIR-TXN-001"]: "a transaction is answered by a Bundle of type batch-response" => Hook::Answer(bundles::transaction_answers_as_batch);
    TransactionJoinsSameConditions "transaction-joins-same-conditions" breaks ["FHIR-TXN-001"]: "two entries with the same ifNoneExist get one answer" => Hook::Switch;
    TransactionWithoutStatus "transaction-without-status" breaks ["FHIR-TXN-001", "FHIR-TXN-007"]: "the answers of a transaction have no status" => Hook::Answer(bundles::without_status);
    FailedTransactionKeepsItsStart "failed-transaction-keeps-its-start" breaks ["FHIR-TXN-002"]: "a failed transaction leaves what came before the failure" => Hook::Switch;
    FailedTransactionIsFine "failed-transaction-is-fine" breaks ["FHIR-TXN-002"]: "a failed transaction is answered 200, with the error in the Bundle" => Hook::Answer(bundles::failed_transaction_is_fine);
    FailedTransactionWithoutOutcome "failed-transaction-without-outcome" breaks ["FHIR-TXN-002"]: "a failed transaction has no OperationOutcome" => Hook::Reply(bundles::failed_without_outcome);
    TransactionKeepsUuids "transaction-keeps-uuids" breaks ["FHIR-TXN-003"]: "references by urn:uuid are stored as they came" => Hook::Switch;
    TransactionLooksBackOnly "transaction-looks-back-only" breaks ["FHIR-TXN-003"]: "references to later entries are not rewritten" => Hook::Switch;
    TransactionKeepsUuidsInElements "transaction-keeps-uuids-in-elements" breaks ["FHIR-TXN-003"]: "a urn:uuid in a uri or url is stored as it came" => Hook::Switch;
    TransactionKeepsUuidsInNarratives "transaction-keeps-uuids-in-narratives" breaks ["FHIR-TXN-003"]: "links in narratives are not rewritten" => Hook::Switch;
    TransactionFollowsTheBundlesOrder "transaction-follows-the-bundles-order" breaks ["FHIR-TXN-004"]: "a transaction is processed in the order of its entries" => Hook::Switch;
    TransactionTakesAnIdentityTwice "transaction-takes-an-identity-twice" breaks ["FHIR-TXN-005"]: "a transaction may change the same resource twice" => Hook::Switch;
    TransactionChecksUpdatesOnly "transaction-checks-updates-only" breaks ["FHIR-TXN-005"]: "a transaction may delete or patch what it updates" => Hook::Switch;
    TransactionKeepsConditionalReferences "transaction-keeps-conditional-references" breaks ["FHIR-TXN-006"]: "a conditional reference is stored as it came" => Hook::Switch;
    ConditionalReferenceTakesTheFirst "conditional-reference-takes-the-first" breaks ["FHIR-TXN-006"]: "a conditional reference with several matches takes the first" => Hook::Switch;
    ConditionalReferenceMayFindNothing "conditional-reference-may-find-nothing" breaks ["FHIR-TXN-006"]: "a conditional reference without a match is stored as it came" => Hook::Switch;
    TransactionWithoutLocation "transaction-without-location" breaks ["FHIR-TXN-007"]: "the answers of a transaction have no location" => Hook::Answer(bundles::without_location);
    EmptyTransactionIsRefused "empty-transaction-is-refused" breaks ["FHIR-TXN-008"]: "a transaction without entries is refused" => Hook::Answer(bundles::empty_is_refused);
    IncompleteEntriesAreSkipped "incomplete-entries-are-skipped" breaks ["FHIR-TXN-009"]: "entries without a request or resource are skipped" => Hook::Switch;
    IncompleteEntriesAreServerErrors "incomplete-entries-are-server-errors" breaks ["FHIR-TXN-009"]: "entries without a request or resource fail with 500" => Hook::Reply(bundles::incomplete_entries_are_server_errors);
    EntriesIgnoreIfNoneExist "entries-ignore-if-none-exist" breaks ["FHIR-TXN-010"]: "ifNoneExist in a transaction is ignored" => Hook::Switch;
    EntriesIgnoreIfMatch "entries-ignore-if-match" breaks ["FHIR-TXN-010"]: "ifMatch in a transaction is ignored" => Hook::Switch;
    TransactionRewritesCanonicals "transaction-rewrites-canonicals" breaks ["FHIR-TXN-011"]: "a canonical that equals a fullUrl is rewritten, too" => Hook::Switch;
    BatchFailsAsAWhole "batch-fails-as-a-whole" breaks ["FHIR-BATCH-001", "FHIR-BATCH-002"]: "a batch fails with the first entry that fails" => Hook::Switch;
    BatchAnswersAsTransaction "batch-answers-as-transaction" breaks ["FHIR-BATCH-001"]: "a batch is answered by a Bundle of type transaction-response" => Hook::Answer(bundles::batch_answers_as_transaction);
    BatchFailureUndoesTheRest "batch-failure-undoes-the-rest" breaks ["FHIR-BATCH-002"]: "an entry of a batch that fails undoes the others" => Hook::Switch;
    CapabilityDeniesBundles "capability-denies-bundles" breaks ["FHIR-BATCH-003"]: "the CapabilityStatement says that there are no batches and transactions, and there are" => Hook::Statement(capability::denies_bundles);

    // Operations
    OperationsByPostOnly "operations-by-post-only" breaks ["FHIR-OP-001", "FHIR-OP-005"]: "an operation that changes nothing cannot be called by GET" => Hook::Refuse(operating::by_post_only);
    OperationsByGetOnly "operations-by-get-only" breaks ["FHIR-OP-002", "FHIR-OP-004"]: "an operation cannot be called by POST" => Hook::Refuse(operating::by_get_only);
    StateChangesByGet "state-changes-by-get" breaks ["FHIR-OP-002"]: "an operation that changes something can be called by GET" => Hook::Switch;
    MetaWithoutParameters "meta-without-parameters" breaks ["FHIR-OP-003"]: "$meta gives its Meta in an invented resource" => Hook::Answer(operating::meta_without_parameters);
    OutcomeInParameters "outcome-in-parameters" breaks ["FHIR-OP-003", "FHIR-OP-004"]: "$validate gives its OperationOutcome inside Parameters" => Hook::Answer(operating::outcome_in_parameters);
    InvalidFailsValidation "invalid-fails-validation" breaks ["FHIR-OP-004"]: "$validate of an invalid resource is answered 422" => Hook::Answer(operating::invalid_fails_validation);
    ValidationAlwaysPasses "validation-always-passes" breaks ["FHIR-OP-004"]: "$validate finds nothing wrong in anything" => Hook::Answer(operating::validation_always_passes);
    EverythingWithoutThePatient "everything-without-the-patient" breaks ["FHIR-OP-005"]: "$everything lacks the patient" => Hook::Answer(operating::everything_without_the_patient);
    EverythingIsThePatientOnly "everything-is-the-patient-only" breaks ["FHIR-OP-005"]: "$everything has the patient and nothing else" => Hook::Answer(operating::everything_is_the_patient_only);
    EverythingAsCollection "everything-as-collection" breaks ["FHIR-OP-005"]: "$everything is a Bundle of type collection" => Hook::Answer(operating::everything_as_collection);
    UnknownOperationIsServerError "unknown-operation-is-server-error" breaks ["FHIR-OP-006"]: "an unknown operation fails with 500" => Hook::Reply(operating::unknown_is_server_error);
    UnknownOperationIsFine "unknown-operation-is-fine" breaks ["FHIR-OP-006"]: "an unknown operation is answered 200" => Hook::Reply(operating::unknown_is_fine);
    AsyncWithoutLocation "async-without-location" breaks ["FHIR-OP-007"]: "respond-async is answered 202 without a Content-Location" => Hook::Reply(operating::async_without_location);
    AsyncWithRelativeLocation "async-with-relative-location" breaks ["FHIR-OP-007"]: "respond-async is answered 202 with a relative Content-Location" => Hook::Reply(operating::async_with_relative_location);

    // Errors
    ErrorsWithoutOutcome "errors-without-outcome" breaks ["FHIR-ERR-001", "FHIR-HIST-006", "FHIR-SRCH-006", "FHIR-SRCH-032", "FHIR-TXN-002", "FHIR-VREAD-004"]: "errors have no body" => Hook::Reply(failing::without_outcome);
    ErrorsAsHtml "errors-as-html" breaks ["FHIR-ERR-001", "FHIR-HIST-006", "FHIR-SRCH-006", "FHIR-SRCH-032", "FHIR-TXN-002", "FHIR-VREAD-004"]: "errors are HTML pages" => Hook::Reply(failing::as_html);
    OutcomeWithoutIssues "outcome-without-issues" breaks ["FHIR-ERR-002", "FHIR-HIST-006", "FHIR-SRCH-006", "FHIR-SRCH-032", "FHIR-TXN-002", "FHIR-VREAD-004"]: "an OperationOutcome has no issues" => Hook::Answer(failing::without_issues);
    OutcomeWithOtherSeverity "outcome-with-other-severity" breaks ["FHIR-ERR-002"]: "the severity of an issue is `critical`" => Hook::Answer(failing::with_other_severity);
    OutcomeWithOtherCode "outcome-with-other-code" breaks ["FHIR-ERR-002"]: "the code of an issue is an HTTP status" => Hook::Answer(failing::with_other_code);
    OutcomeWithoutCode "outcome-without-code" breaks ["FHIR-ERR-001", "FHIR-ERR-002"]: "an issue has no code" => Hook::Answer(failing::without_code);
    ErrorsWithJavaTraces "errors-with-java-traces" breaks ["FHIR-ERR-003"]: "errors show a stack trace of Java" => Hook::Answer(failing::with_java_traces);
    ErrorsWithPythonTraces "errors-with-python-traces" breaks ["FHIR-ERR-003"]: "errors show a traceback of Python" => Hook::Answer(failing::with_python_traces);

    // Headers, access and transport
    RequestIdIsLost "request-id-is-lost" breaks ["FHIR-HDR-001"]: "X-Request-Id does not come back" => Hook::Reply(transport::request_id_is_lost);
    RequestIdIsReplaced "request-id-is-replaced" breaks ["FHIR-HDR-001"]: "X-Request-Id is replaced, and the client's does not come back" => Hook::Reply(transport::request_id_is_replaced);
    PlainHttpBesideTls "plain-http-beside-tls" breaks ["FHIR-SEC-001"]: "with TLS, plain HTTP is served at the same port, too" => Hook::Switch;
    PreflightIsRefused "preflight-is-refused" breaks ["FHIR-SEC-002"]: "CORS is claimed, and a preflight is answered 405" => Hook::Reply(transport::preflight_is_refused);
    PreflightWithoutOrigin "preflight-without-origin" breaks ["FHIR-SEC-002"]: "CORS is claimed, and a preflight allows no origin" => Hook::Reply(transport::preflight_without_origin);
    ServesWithoutToken "serves-without-token" breaks ["FHIR-SEC-003"]: "with a token, protected data is given without it, too" => Hook::Switch;
    RefusalWithoutChallenge "refusal-without-challenge" breaks ["FHIR-SEC-003"]: "with a token, its lack is answered 401 without WWW-Authenticate" => Hook::Reply(transport::refusal_without_challenge);
    RefusalIsForbidden "refusal-is-forbidden" breaks ["FHIR-SEC-003"]: "with a token, its lack is answered 403" => Hook::Reply(transport::refusal_is_forbidden);
}
