import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.access_log.made import FORMATS, VALUES, line, render
from why503.evidence.access_log import compile_format
from why503.evidence.access_log.format import unquoted

CUSTOM = (
    "%START_TIME(%Y/%m/%d %H:%M:%S.%3f)% %REQ(:AUTHORITY):40% <%REQ(:PATH)%> "
    "rc=%RESPONSE_CODE%,%RESPONSE_FLAGS_LONG%;%DURATION% [%DYNAMIC_METADATA(a:b(c))%] %CEL(x.y)% "
    '"%REQ(USER-AGENT)%" %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_HOST%'
)


def test_a_custom_format_reads_its_fields_and_ignores_unknown_operators():
    text = (
        "2026/03/04 05:06:07.250 cart.example.org </a b> rc=503,UpstreamConnectionTermination;40 "
        '[x] - "agent" 192.0.2.4 10.0.0.1:80'
    )
    one = compile_format(CUSTOM)
    fields = one.parse(text) or one.parse_tolerantly(text)
    assert fields == {
        "time": "2026/03/04 05:06:07.250",
        "authority": "cart.example.org",
        "path": "/a b",
        "code": "503",
        "flags": "UpstreamConnectionTermination",
        "duration": "40",
        "user_agent": "agent",
        "downstream_remote": "192.0.2.4",
        "upstream_host": "10.0.0.1:80",
    }
    assert one.time(fields["time"]) == 1772600767.25


@pytest.mark.parametrize(
    "written",
    [
        "%RESPONSE_CODE% %RESPONSE_FLAGS%",
        "%RESPONSE_CODE% %RESPONSE_FLAGS%\n",
        r"%RESPONSE_CODE% %RESPONSE_FLAGS%\n",
        r'"%RESPONSE_CODE% %RESPONSE_FLAGS%\n"',
        "'%RESPONSE_CODE% %RESPONSE_FLAGS%'",
    ],
)
def test_line_ends_and_quotes_around_a_format_do_not_matter(written):
    assert compile_format(written).parse("503 UC") == {"code": "503", "flags": "UC"}


def test_quotes_that_belong_to_a_format_stay():
    own = '"%REQ(:METHOD)% %REQ(:PATH)%" %RESPONSE_CODE% "%UPSTREAM_HOST%"'
    assert unquoted(own) == own
    assert unquoted(r'"[%START_TIME%] \"%REQ(:METHOD)%\" %RESPONSE_CODE%\n"') == (
        '[%START_TIME%] "%REQ(:METHOD)%" %RESPONSE_CODE%'
    )


def test_a_doubled_percent_sign_is_one():
    assert compile_format("100%% %RESPONSE_CODE%").parse("100% 200") == {"code": "200"}


def test_of_two_operators_for_a_field_the_first_value_that_is_there_wins():
    one = compile_format("%RESPONSE_CODE% %UPSTREAM_HOST% %UPSTREAM_REMOTE_ADDRESS%")
    fields = one.parse("503 - 10.0.0.1:80")
    assert fields is not None
    assert fields["upstream_host"] == "10.0.0.1:80"


def test_a_json_format_reads_its_own_keys_in_any_order():
    one = compile_format('{"rc": "%RESPONSE_CODE%", "f": "%RESPONSE_FLAGS%", "d": %DURATION%}')
    assert one.parse('{"d": 7, "f": null, "rc": 504, "other": 1}') == {
        "code": "504",
        "flags": "-",
        "duration": "7",
    }
    assert one.parse('{"level": "info"}') is None


def test_a_text_without_operators_reads_no_line():
    one = compile_format("no operator here")
    assert one.parse("no operator here") is None
    assert one.parse_tolerantly("no operator here") is None


VALUE = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=30)


@given(agent=VALUE, path=VALUE.filter(lambda text: "HTTP/" not in text and '" 503 ' not in text))
def test_what_a_client_sends_never_moves_code_flags_and_hosts(agent, path):
    one = FORMATS["Istio 1.9+"]
    text = line(user_agent=agent or "-", path="/" + path)
    fields = one.parse(text) or one.parse_tolerantly(text)
    assert fields is not None
    for name in ("code", "flags", "details", "duration", "upstream_cluster", "route"):
        assert fields[name] == VALUES[name]


@given(
    st.fixed_dictionaries(
        {
            "code": st.integers(100, 599).map(str),
            "flags": st.lists(st.sampled_from(["UF", "UC", "URX", "UT"]), max_size=3).map(
                lambda flags: ",".join(flags) or "-"
            ),
            "duration": st.integers(0, 10**9).map(str),
            "path": st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
            "user_agent": st.text(st.sampled_from('ab "\\/'), max_size=12).map(lambda t: f"u{t}u"),
        }
    ),
    st.sampled_from(sorted(name for name in FORMATS if "TCP" not in name)),
)
def test_a_line_made_from_a_format_is_read_back(values, name):
    one = FORMATS[name]
    text = render(one.template, **values)
    fields = one.parse(text) or one.parse_tolerantly(text)
    assert fields is not None
    for field in ("code", "flags", "duration", "path"):
        assert fields[field] == values[field]


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_format_and_no_line_raises(template, text):
    one = compile_format("%RESPONSE_CODE%" + template)
    one.parse(text)
    one.parse_tolerantly(text)
