from why503.proof.era import BEFORE, MIXER, TODAY, era_of
from why503.proof.log_format import LogFormat


def test_the_era_fits_the_format_and_the_seed():
    assert era_of(LogFormat.OLD, 1) is MIXER
    assert {era_of(LogFormat.TEXT, seed) for seed in range(6)} == {TODAY, BEFORE}


def test_a_503_was_repeated_by_default_before_1_24():
    assert BEFORE.outbound_retry["retriable_status_codes"] == [503]
    assert BEFORE.inbound_retry is None
    assert "retriable_status_codes" not in TODAY.outbound_retry
    assert TODAY.inbound_retry == {"retry_on": "reset-before-request", "num_retries": 2}
