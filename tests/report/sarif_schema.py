"""SARIF 2.1.0, as far as lint writes it, and what GitHub's code scanning asks for besides.

`SCHEMA` is made by hand after OASIS' `sarif-schema-2.1.0.json` (errata 01). It knows only what lint
writes and allows nothing else, so what keeps it keeps the whole schema as well. GitHub's
requirements are those of its page "SARIF support for code scanning".
"""

import jsonschema

MOST_RESULTS, MOST_RULES, MOST_TAGS, LONGEST, LONGEST_NAME = 25_000, 25_000, 20, 1024, 255


def _object(required="", **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def _list(items, **told):
    return {"type": "array", "items": items, **told}


_TEXT = {"type": "string"}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_COUNTED = {"type": "integer", "minimum": 1}
_MESSAGE = _object("text", text=_TEXT)
_MULTIFORMAT = _object("text", text=_TEXT, markdown=_TEXT)
_REGION = _object(
    "startLine", startLine=_COUNTED, startColumn=_COUNTED, endLine=_COUNTED, endColumn=_COUNTED
)
_PLACE = _object(
    "artifactLocation",
    artifactLocation=_object(uri={"type": "string", "format": "uri-reference"}),
    region=_REGION,
)
_LOCATION = _object(physicalLocation=_PLACE)
_RULE = _object(
    "id",
    id=_TEXT,
    name=_TEXT,
    shortDescription=_MULTIFORMAT,
    fullDescription=_MULTIFORMAT,
    help=_MULTIFORMAT,
    defaultConfiguration=_object(level=_LEVEL),
    properties={
        "type": "object",
        "properties": {"tags": _list(_TEXT, uniqueItems=True)},
    },
)
_RESULT = _object(
    "message",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_LOCATION),
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
)
_NOTIFICATION = _object(
    "message",
    level=_LEVEL,
    message=_MESSAGE,
    locations=_list(_LOCATION, uniqueItems=True),
)
_RUN = _object(
    "tool",
    tool=_object("driver", driver=_object("name", name=_TEXT, version=_TEXT, rules=_list(_RULE))),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=_list(_RESULT),
    invocations=_list(
        _object(
            "executionSuccessful",
            executionSuccessful={"type": "boolean"},
            toolExecutionNotifications=_list(_NOTIFICATION),
        )
    ),
)
SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    **_object(
        "version runs",
        **{
            "$schema": {"type": "string", "format": "uri"},
            "version": {"enum": ["2.1.0"]},
            "runs": _list(_RUN),
        },
    ),
}


def check(log):
    """Raises where ``log`` keeps not to the schema or is not what GitHub takes."""
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert log["$schema"]
    assert 0 < len(log["runs"]) <= 20
    for run in log["runs"]:
        driver, results = run["tool"]["driver"], run["results"]
        assert driver["name"]
        assert len(driver["rules"]) <= MOST_RULES
        assert len(results) <= MOST_RESULTS
        for rule in driver["rules"]:
            _check_rule(rule)
        for result in results:
            _check_result(result, driver["rules"])


def _check_rule(rule):
    assert rule["id"]
    assert len(rule["name"]) <= LONGEST_NAME
    for part in ("shortDescription", "fullDescription"):
        assert 0 < len(rule[part]["text"]) <= LONGEST
    assert rule["help"]["text"]
    assert rule["defaultConfiguration"]["level"] in {"note", "warning", "error"}
    told = rule["properties"]
    assert len(told["tags"]) <= MOST_TAGS
    assert told["precision"] in {"very-high", "high", "medium", "low"}
    assert told["problem.severity"] in {"error", "warning", "recommendation"}


def _check_result(result, rules):
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["message"]["text"]
    assert result["partialFingerprints"]
    assert all(result["partialFingerprints"].values())
    (location,) = result["locations"]
    place = location["physicalLocation"]
    _check_uri(place["artifactLocation"]["uri"])
    region = place["region"]
    assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
    assert (region["startLine"], region["startColumn"]) < (region["endLine"], region["endColumn"])


def _check_uri(uri):
    """A relative reference, or an absolute `file:` URI; nothing that has to be quoted."""
    assert uri.isascii()
    assert not set(uri) & set(' \\"<>^`{|}')
    head = uri.split("/")[0]
    assert head == "file:" or (head and ":" not in head)
