"""What is promised about template.yaml as a whole, so that a forgotten line is a failing test."""

import re
from typing import Any

import pytest

from scripts import template as reader
from scripts.template import FUNCTION, ROOT, Statement
from songshen import settings
from songshen.contract.routes import ROUTES, Route
from tests.iam.probes import PROBES, UNPROVABLE

TEMPLATE = reader.load()
FUNCTIONS = reader.of_type(TEMPLATE, FUNCTION)
STATEMENTS = list(reader.statements(TEMPLATE))
VERBS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))

READING = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
# No resource can be named for these, and why.
WITHOUT_RESOURCE = {
    ("NotifyFunction", "Sms"): "a phone number has no ARN; NothingButSms denies everything that has one",
    ("DeadlinesFunction", "Sms"): "the same",
    ("DeadlinesFunction", "ListSchedules"): "ListSchedules has no resource",
    ("FeedbackFunction", "WakeRound"): "SendTaskSuccess has no resource; the token is the permission",
    ("ReconcileFunction", "WakeRound"): "the same",
}
# Candidates wait for these: what calls them names the alias that is warmed up before a peak.
WAITED_FOR = {
    "SignInFunction",
    "ApplicationFunction",
    "UploadPresignFunction",
    "ValidateImageFunction",
    "SubmitFunction",
}
# Who may reach what else than applications and exams, which kinds of items nobody else may.
SENSITIVE = {
    "ROSTER#*": {
        *("SignInFunction", "ApplicationFunction", "ReviewFunction", "NotifyFunction", "ImportRosterFunction"),
        *("WriteExportFunction", "BundleFunction", "CasesFunction", "DeadlinesFunction"),
    },
    "ACCOUNT#*": {"SignInFunction", "ImportRosterFunction", "DeadlinesFunction", "StaffFunction"},
    "STAFF#*": {"StaffFunction"},
    "IMPORT#*": {"RosterFunction", "ImportRosterFunction", "ReconcileFunction"},
    "SIGNIN#*": {"SignInFunction"},
    "COUNTER#*": {"FeedbackFunction"},
    "NOTICE#*": {"ApplicationFunction", "FeedbackFunction", "CasesFunction", "DeadlinesFunction"},
    "IMAGE#*": {"ValidateImageFunction", "ReviewFunction"},
    "PROGRESS#*": {"ProgressFunction"},
    "EXPORT#*": {"ExportsFunction", "WriteExportFunction", "ReconcileFunction"},
    "CHECKS#*": {"ReviewFunction", "FeedbackFunction", "ExamsFunction", "StaffFunction", "DeadlinesFunction"},
    "DEADLINES#*": {"ExamsFunction", "DeadlinesFunction"},
    "UNREACHED#*": {"NotifyFunction", "DeadlinesFunction", "SubmitFunction", "ProgressFunction"},
    "SMS#*": {"NotifyFunction", "DeadlinesFunction"},
}


def logical_id(verb: str) -> str:
    return "".join(word.capitalize() for word in verb.split("_")) + "Function"


def routes() -> dict[str, dict[str, Any]]:
    found = reader.of_type(TEMPLATE, "AWS::ApiGatewayV2::Route").values()
    assert len({route["RouteKey"] for route in found}) == len(found)
    return {route["RouteKey"]: route for route in found}


def integration_of(route: dict[str, Any]) -> dict[str, Any]:
    target = re.fullmatch(r"integrations/\$\{(\w+)\}", route["Target"]["Fn::Sub"])
    assert target
    return dict(TEMPLATE["Resources"][target[1]]["Properties"])


def called_as(function: str) -> dict[str, Any]:
    """How a function is referred to by whoever calls it: by its alias, if it has one."""
    if "AutoPublishAlias" in FUNCTIONS[function]:
        return {"Ref": f"{function}.Alias"}
    return {"Fn::GetAtt": [function, "Arn"]}


# ---- routes --------------------------------------------------------------------------------------------------------


def test_the_routes_are_those_of_the_contract() -> None:
    assert set(routes()) == {route.call for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.call)
def test_a_route_leads_to_its_function_and_asks_who_is_there(route: Route) -> None:
    found = routes()[route.call]
    assert integration_of(found)["IntegrationUri"] == called_as(logical_id(route.function))
    if route.who is None:
        assert found["AuthorizationType"] == "NONE"
        assert "AuthorizerId" not in found
    else:
        assert found["AuthorizationType"] == "JWT"
        assert found["AuthorizerId"] == {"Ref": "Authorizer"}


def test_few_routes_are_open_to_anyone() -> None:
    open_routes = {key for key, route in routes().items() if route["AuthorizationType"] == "NONE"}
    assert open_routes == {"POST /session", "POST /session/refresh", "GET /notices/{code}"}


def test_the_api_and_nothing_else_may_invoke_what_it_calls() -> None:
    permissions = reader.of_type(TEMPLATE, "AWS::Lambda::Permission").values()
    by_api = [p for p in permissions if p["Principal"] == "apigateway.amazonaws.com"]
    called = {logical_id(route.function) for route in ROUTES}
    permitted = [p["FunctionName"]["Ref"] for p in by_api]
    assert sorted(permitted) == sorted(f"{name}.Alias" if name in WAITED_FOR else name for name in called)
    assert all("${Api}/*" in p["SourceArn"]["Fn::Sub"] for p in by_api)


@pytest.mark.parametrize(
    ("bucket", "function"), [("Inbox", "ValidateImageFunction"), ("Rosters", "ImportRosterFunction")]
)
def test_only_the_own_bucket_may_invoke_what_looks_at_its_objects(bucket: str, function: str) -> None:
    permissions = reader.of_type(TEMPLATE, "AWS::Lambda::Permission").values()
    by_s3 = [p for p in permissions if p["Principal"] == "s3.amazonaws.com"]
    assert len(by_s3) == 2
    (permission,) = (p for p in by_s3 if p["FunctionName"] == called_as(function))
    name = TEMPLATE["Resources"][bucket]["Properties"]["BucketName"]["Fn::Sub"]
    assert permission["SourceArn"]["Fn::Sub"].endswith(":::" + name)
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


# ---- functions -----------------------------------------------------------------------------------------------------


def test_folder_verb_logical_id_and_use_case_are_one_word() -> None:
    assert sorted(FUNCTIONS) == sorted(logical_id(verb) for verb in VERBS)
    for verb in VERBS:
        assert FUNCTIONS[logical_id(verb)]["CodeUri"] == f"functions/{verb}/"
        assert (ROOT / "layers/core/songshen/usecases" / f"{verb}.py").exists()
    assert {route.function for route in ROUTES} <= set(VERBS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_log_group_that_ends_and_gives_reasons_for_memory_and_time(name: str) -> None:
    logs = FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["Ref"]
    assert logs == name.removesuffix("Function") + "Logs"
    assert TEMPLATE["Resources"][logs]["Properties"]["RetentionInDays"] == 30
    text = reader.TEMPLATE.read_text(encoding="utf-8")
    section = re.split(r"\n  (?=\w)", text.split(f"\n  {name}:\n")[1])[0]
    for setting in ("MemorySize", "Timeout"):
        assert re.search(rf"^      {setting}: \d+ # .{{10,}}$", section, re.MULTILINE), setting


def test_the_global_handler_is_there() -> None:
    handler = TEMPLATE["Globals"]["Function"]["Handler"]
    assert handler == "app.handler"
    for verb in VERBS:
        text = (ROOT / "functions" / verb / "app.py").read_text(encoding="utf-8")
        assert re.search(r"^(handler = |def handler\()", text, re.MULTILINE)


def test_a_function_is_given_exactly_the_settings_it_reads() -> None:
    text = (ROOT / "layers/core/songshen/bootstrap.py").read_text(encoding="utf-8")
    for verb in VERBS:
        builder = text.split(f"\ndef {verb}() -> ")[1].split("\ndef ")[0]
        read = re.search(r"settings\.(\w+)\.read\(\)", builder)
        assert read, verb
        expected = {field.upper() for field in getattr(settings, read[1]).__struct_fields__}
        assert set(FUNCTIONS[logical_id(verb)]["Environment"]["Variables"]) == expected, verb


def test_what_fails_asynchronously_is_kept() -> None:
    for name in (
        *("ValidateImageFunction", "ReconcileFunction", "ImportRosterFunction", "WriteExportFunction"),
        "DeadlinesFunction",
    ):
        on_failure = FUNCTIONS[name]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        assert on_failure == {"Type": "SQS", "Destination": {"Fn::GetAtt": ["FailedEvents", "Arn"]}}


def test_what_candidates_wait_for_has_an_alias_that_follows_every_change() -> None:
    aliased = {name for name, function in FUNCTIONS.items() if "AutoPublishAlias" in function}
    assert aliased == WAITED_FOR
    assert all(FUNCTIONS[name]["AutoPublishAliasAllProperties"] is True for name in aliased)
    # Else an alias would go on with the layers of the version before.
    layers = reader.of_type(TEMPLATE, "AWS::Serverless::LayerVersion")
    assert all(layer["PublishLambdaVersion"] is True for layer in layers.values())


def test_nothing_calls_a_function_past_its_alias() -> None:
    text = reader.TEMPLATE.read_text(encoding="utf-8")
    # What becomes of events that fail past it is said, so that none is lost there.
    text = text.replace("FunctionName: !Ref ValidateImageFunction\n      Qualifier: $LATEST", "")
    for name in WAITED_FOR:
        found = re.findall(rf"!(?:Ref|GetAtt) {name}\b(\S*)", text)
        assert set(found) == {".Alias"}, name


def test_an_event_fails_alike_past_the_alias() -> None:
    resources = TEMPLATE["Resources"]
    named = resources["ValidateImageFunction"]["Properties"]["EventInvokeConfig"]
    latest = resources["ValidateImageLatestEvents"]["Properties"]
    assert latest["Qualifier"] == "$LATEST"
    for setting in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
        assert latest[setting] == named[setting]
    failed = named["DestinationConfig"]["OnFailure"]["Destination"]
    assert latest["DestinationConfig"]["OnFailure"]["Destination"] == failed


# ---- roles (threat 34) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*FUNCTIONS, "SubmissionWorkflow"])
def test_threat_34_a_role_of_its_own(name: str) -> None:
    properties = TEMPLATE["Resources"][name]["Properties"]
    assert "Role" not in properties
    assert all("Statement" in policy for policy in properties["Policies"])


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: f"{s.owner}-{s.sid}")
def test_threat_34_no_wildcard_action_or_resource(statement: Statement) -> None:
    assert not any("*" in action for action in statement.actions)
    if (statement.owner, statement.sid) in WITHOUT_RESOURCE:
        assert statement.resources == ("*",)
        return
    if statement.effect == "Deny":
        return
    for resource in statement.resources:
        assert isinstance(resource, dict), resource
        named = resource.get("Fn::Sub", "")
        # Every object below a prefix of one bucket, every schedule of the one group: no more may be left open.
        prefix = r"[^:]/(inbox|materials|roster|reports|exports|bundles)/\*$"
        assert "*" not in named or re.search(rf"{prefix}|:schedule/\$\{{ScheduleGroup\}}/\*$", named), named


def test_threat_34_exceptions_are_all_needed() -> None:
    assert set(WITHOUT_RESOURCE) <= {(s.owner, s.sid) for s in STATEMENTS}


def test_threat_34_an_sms_can_go_to_phones_only() -> None:
    denied = {s.owner: (s.actions, s.resources) for s in STATEMENTS if s.effect == "Deny"}
    every_topic = ({"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"},)
    assert denied == dict.fromkeys(("NotifyFunction", "DeadlinesFunction"), (("sns:Publish",), every_topic))


@pytest.mark.parametrize(
    "statement",
    [s for s in STATEMENTS if {"Fn::GetAtt": ["Table", "Arn"]} in s.resources],
    ids=lambda s: f"{s.owner}-{s.sid}",
)
def test_threat_34_the_table_is_open_by_kinds_of_items(statement: Statement) -> None:
    if set(statement.actions) == {"dynamodb:DescribeTable", "dynamodb:UpdateTable"}:
        # Of the table itself, no item: what is made ready before a peak.
        assert (statement.owner, statement.sid) == ("DeadlinesFunction", "WarmTable")
        return
    kinds = statement.condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    for kind in kinds:
        assert re.fullmatch(r"[A-Z]+#\*", kind)
        assert kind in {"APPLICATION#*", "EXAM#*"} or statement.owner in SENSITIVE[kind]
    if not all(action in READING for action in statement.actions):
        assert "EXAM#*" not in kinds or statement.owner == "ExamsFunction"
        assert "ROSTER#*" not in kinds or statement.owner in {"ImportRosterFunction", "DeadlinesFunction"}


def test_threat_34_only_validate_image_writes_materials_and_only_upload_presign_the_inbox() -> None:
    writers = {
        (s.owner, str(s.resources))
        for s in STATEMENTS
        if any(a in {"s3:PutObject", "s3:PutObjectTagging"} for a in s.actions)
    }
    assert {owner for owner, where in writers if "materials" in where} == {"ValidateImageFunction"}
    assert {owner for owner, where in writers if "inbox" in where} == {"UploadPresignFunction"}


def test_threat_34_the_schedules_role_wakes_one_function_and_only_it_is_given() -> None:
    (role,) = reader.of_type(TEMPLATE, "AWS::IAM::Role").values()
    (policy,) = role["Policies"]
    (wake,) = policy["PolicyDocument"]["Statement"]
    variables = FUNCTIONS["DeadlinesFunction"]["Environment"]["Variables"]
    assert (wake["Action"], wake["Resource"]) == ("lambda:InvokeFunction", variables["DEADLINES_FUNCTION"])
    name = FUNCTIONS["DeadlinesFunction"]["FunctionName"]["Fn::Sub"]
    assert wake["Resource"]["Fn::Sub"].endswith(f":function:{name}")
    (given,) = [s for s in STATEMENTS if "iam:PassRole" in s.actions]
    assert given.resources == (variables["SCHEDULE_ROLE"],) == ({"Fn::GetAtt": ["ScheduleRole", "Arn"]},)
    assert given.condition == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


def test_threat_34_every_permission_has_a_probe() -> None:
    """`make iam` proves with them that each is needed."""
    allowed = {(s.owner, s.sid, action) for s in STATEMENTS if s.effect == "Allow" for action in s.actions}
    assert allowed == set(PROBES) | set(UNPROVABLE)
    assert not set(PROBES) & set(UNPROVABLE)


# ---- data ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", reader.of_type(TEMPLATE, "AWS::S3::Bucket"))
def test_a_bucket_is_closed_to_the_public_and_to_plain_http(bucket: str) -> None:
    block = TEMPLATE["Resources"][bucket]["Properties"]["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    resources = TEMPLATE["Resources"].items()
    policies = {n: r for n, r in resources if r["Type"] == "AWS::S3::BucketPolicy"}
    (policy,) = [p for p in policies.values() if p["Properties"]["Bucket"] == {"Ref": bucket}]
    # Left out on the emulator only, which speaks no TLS.
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    if policy.get("Condition") != "TlsOnly":
        condition, with_tls, without = statements[0]["Fn::If"]
        assert (condition, without) == ("TlsOnly", {"Ref": "AWS::NoValue"})
        statements = [with_tls]
    deny = statements[0]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {str(resource) for resource in deny["Resource"]} == {
        str({"Fn::GetAtt": [bucket, "Arn"]}),
        str({"Fn::Sub": f"${{{bucket}.Arn}}/*"}),
    }
    assert TEMPLATE["Conditions"]["TlsOnly"] == {"Fn::Equals": [{"Ref": "Transport"}, "https"]}
    assert TEMPLATE["Parameters"]["Transport"]["Default"] == "https"


def test_the_table_can_be_brought_back_and_is_encrypted() -> None:
    table = TEMPLATE["Resources"]["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_the_queue_index_holds_what_the_queue_reads() -> None:
    text = (ROOT / "layers/core/songshen/adapters/dynamodb.py").read_text(encoding="utf-8")
    row = text.split("\ndef _row(")[1].split("\ndef ")[0]
    read = set(re.findall(r"""values(?:\[|\.get\()["'](\w+)["']""", row))
    indexes = TEMPLATE["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    (queue,) = [index for index in indexes if index["IndexName"] == "by-status"]
    assert read
    keys = {key["AttributeName"] for key in queue["KeySchema"]} | {"pk", "sk"}  # the table's are always there
    assert set(queue["Projection"]["NonKeyAttributes"]) == read - keys


def test_nobody_can_change_what_their_token_says() -> None:
    client = TEMPLATE["Resources"]["UserPoolClient"]["Properties"]
    assert client["WriteAttributes"] == ["locale"]
    assert all(
        flow in {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"} for flow in client["ExplicitAuthFlows"]
    )
    groups = reader.of_type(TEMPLATE, "AWS::Cognito::UserPoolGroup").values()
    assert {group["GroupName"] for group in groups} == {"reviewer", "lead", "admin"}


@pytest.mark.parametrize("section", ["Parameters", "Outputs"])
def test_parameters_and_outputs_say_what_they_are(section: str) -> None:
    for name, given in TEMPLATE[section].items():
        assert given.get("Description", "").endswith((".", ")")), name


def test_every_resource_says_why() -> None:
    """A comment above it or inside it, or above the group that it belongs to without a gap in its kind."""
    text = reader.TEMPLATE.read_text(encoding="utf-8").split("\nResources:\n")[1].split("\nOutputs:\n")[0]
    plain = {
        "AWS::Logs::LogGroup", "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Integration",
        "AWS::Lambda::Permission", "AWS::S3::BucketPolicy", "AWS::Cognito::UserPoolGroup", "AWS::Logs::MetricFilter",
    }  # fmt: skip
    blocks = re.split(r"\n(?=  (?:#|[A-Z]\w+:))", "\n" + text)
    comment = False
    for block in blocks:
        head = block.strip("\n")
        if head.startswith("  #"):
            comment = True
        elif name := re.match(r"  ([A-Z]\w+):", head):
            kind = TEMPLATE["Resources"][name[1]]["Type"]
            assert comment or "#" in head or kind in plain, name[1]
            comment = False


# ---- the distribution ----------------------------------------------------------------------------------------------


def test_the_api_is_under_the_pages_origin_and_nothing_of_it_is_kept() -> None:
    config = TEMPLATE["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    (behaviour,) = config["CacheBehaviors"]
    stage = TEMPLATE["Resources"]["Stage"]["Properties"]["StageName"]
    assert behaviour["PathPattern"] == f"/{stage}/*"
    assert {route.call.split()[0] for route in ROUTES} < set(behaviour["AllowedMethods"])
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CachingDisabled
    assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # AllViewerExceptHostHeader
    # Of what CloudFront can be told so, everything: else an error for one person is the answer to the next.
    kept = {error["ErrorCode"]: error["ErrorCachingMinTTL"] for error in config["CustomErrorResponses"]}
    assert kept == dict.fromkeys((400, 403, 404, 405, 414, 500, 501, 502, 503, 504), 0)
    assert "CorsConfiguration" not in TEMPLATE["Resources"]["Api"]["Properties"]


def test_the_distribution_and_sign_in_share_a_secret_that_only_the_stack_knows() -> None:
    origins = TEMPLATE["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["Origins"]
    (header,) = [header for origin in origins for header in origin.get("OriginCustomHeaders", [])]
    assert header["HeaderName"] == "X-Songshen-Edge"
    assert header["HeaderValue"] == {"Fn::Sub": "{{resolve:secretsmanager:${EdgeSecret}}}"}
    assert FUNCTIONS["SignInFunction"]["Environment"]["Variables"]["EDGE_SECRET"] == header["HeaderValue"]
    assert TEMPLATE["Resources"]["EdgeSecret"]["Properties"]["GenerateSecretString"]["PasswordLength"] == 64
