import pytest

from tests.evidence.access_log.made import FORMATS, VALUES, line, log

HTTP = [name for name in FORMATS if "TCP" not in name]


@pytest.mark.parametrize("name", FORMATS)
def test_each_era_reads_its_own_line_and_no_other_format_does(name):
    text = line(name)
    assert [one.name for one in FORMATS.values() if one.parse(text)] == [name]
    assert log(text).formats == (name,)


@pytest.mark.parametrize("name", HTTP)
def test_each_era_gives_every_field_that_it_has(name):
    fields = FORMATS[name].parse(line(name))
    assert fields == {field: VALUES[field] for field in FORMATS[name].names}


@pytest.mark.parametrize("name", HTTP)
def test_a_tcp_line_in_an_http_format_is_no_failure(name):
    fact = log(line(name, method="-", path="-", protocol="-", code="0", flags="-", details="-"))
    assert fact.understood == 1
    assert fact.failures == ()


def test_a_tcp_line_of_istio_1_0_with_a_flag_is_a_failure_without_code():
    (failure,) = log(line("Istio 1.0.3-1.0.9 TCP", flags="UF")).failures
    assert failure.code is None
    assert failure.flags == {"UF"}
    assert failure.upstream_host == "10.9.8.7:8080"


def test_istio_1_0_9_reads_path_and_protocol_that_stick_together():
    text = line("Istio 1.0.3-1.0.9", path="/a/HTTP", protocol="HTTP/2")
    assert '"POST /a/HTTPHTTP/2"' in text
    (failure,) = log(text).failures
    assert (failure.path, failure.protocol) == ("/a/HTTP", "HTTP/2")


def test_mixer_status_is_not_taken_for_the_transport_failure():
    (failure,) = log(
        line("Istio 1.2", transport_failure="TLS error: secret is not supplied")
    ).failures
    assert failure.transport_failure == "TLS error: secret is not supplied"
    assert failure.details is None


def test_a_request_without_method_and_path_keeps_code_and_flags():
    (failure,) = log(line(method="-", path="-", code="431", flags="DPE")).failures
    assert (failure.code, failure.flags, failure.method, failure.path) == (431, {"DPE"}, "", "")
