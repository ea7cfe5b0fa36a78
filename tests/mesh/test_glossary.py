import pytest

from why503.facts import ResponseFlag
from why503.mesh import ending_name
from why503.mesh.ending import Ending
from why503.mesh.envoy_body import BODY
from why503.mesh.glossary import (
    ALL_DETAILS,
    BODIES,
    FLAGS,
    RESETS,
    details_entries,
    flag_entries,
    phrase_entries,
    ztunnel_entries,
)
from why503.mesh.glossary_endings import ENDING_WORDS


def words(entries):
    return [entry.token for entry in entries]


def test_every_response_flag_has_an_entry():
    assert set(FLAGS) == {str(flag) for flag in ResponseFlag}


def test_every_details_name_that_tells_an_ending_has_an_entry():
    assert set(ending_name.NAMES) - set(ALL_DETAILS) == set()


def test_every_reset_reason_that_tells_an_ending_has_an_entry():
    assert set(ending_name.RESETS) == set(RESETS)


def test_every_ending_has_its_sentence():
    assert set(ENDING_WORDS) == set(Ending)


def test_every_short_body_that_tells_an_ending_has_an_entry():
    assert set(ending_name.SHORT_BODIES) <= {body.casefold() for body in BODIES}
    assert BODY.search("no healthy upstream")


@pytest.mark.parametrize("entry", [*FLAGS.values(), *ALL_DETAILS.values(), *RESETS.values()])
def test_every_entry_says_what_it_means_and_has_a_sign(entry):
    assert entry.meaning.endswith(".")
    assert entry.writer
    assert entry.token in entry.signs[0]


@pytest.mark.parametrize("text", ["URX,UF", "urx, uf", "UpstreamRetryLimitExceeded,UF", "URX|UF"])
def test_flags_are_known_in_any_case_and_by_their_long_names(text):
    assert words(flag_entries(text)) == ["URX", "UF"]


def test_one_unknown_word_makes_no_list_of_flags():
    assert flag_entries("UF,nonsense") == ()


@pytest.mark.parametrize("separator", ["|", ","])
def test_details_are_taken_apart_in_both_spellings(separator):
    text = (
        "upstream_reset_before_response_started{remote_connection_failure"
        f"{separator}delayed_connect_error:_Connection_refused}}"
    )
    assert words(details_entries(text)) == [
        "upstream_reset_before_response_started",
        "remote connection failure",
        "delayed connect error",
        "Connection refused",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "rbac_access_denied_matched_policy[ns[a]-policy[b]-rule[0]]",
            "rbac_access_denied_matched_policy",
        ),
        ("rbac_access_denied_matched_policy[none]", "rbac_access_denied_matched_policy"),
        ("jwt_authn_access_denied{Jwt_is_missing}", "jwt_authn_access_denied"),
        ("ext_proc_error_gRPC_error_14{upstream_gone}", "ext_proc_error"),
        ("ext_proc_error_per-message_timeout_exceeded", "ext_proc_error"),
        ("http1.codec_error", "http1.codec_error"),
        ("wasm_fail_stream", "wasm_fail_stream"),
    ],
)
def test_details_with_a_tail_of_their_own_are_known(text, name):
    assert words(details_entries(text)) == [name]


def test_the_reason_of_a_local_disconnect_is_told():
    told = details_entries("downstream_local_disconnect(on_idle_timeout)")
    assert words(told) == ["downstream_local_disconnect", "on_idle_timeout"]


def test_longer_words_win_over_those_inside_them():
    found = words(phrase_entries("reset reason: remote connection failure"))
    assert found == ["remote connection failure"]


def test_an_errno_is_known_as_number_and_in_words():
    by_number = phrase_entries("delayed connect error: 111")
    in_words = phrase_entries("delayed_connect_error:_Connection_refused")
    assert words(by_number) == words(in_words) == ["delayed connect error", "Connection refused"]


def test_the_most_telling_words_of_a_ztunnel_error_count():
    error = "connection timed out, maybe a NetworkPolicy is blocking HBONE port 15008: elapsed"
    assert words(ztunnel_entries(error)) == ["maybe a NetworkPolicy is blocking HBONE port 15008"]
