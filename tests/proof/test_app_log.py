import re

from why503.proof.app_log import AppLog


def test_a_line_has_time_level_and_who():
    log = AppLog("stock")
    log.say("ERROR out of paper")
    assert re.fullmatch(r"[\d-]{10}T[\d:.]{12}Z\tERROR\tstock\tout of paper\n", log.text)


def test_a_line_that_goes_on_has_none():
    log = AppLog("stock")
    log.say(" goroutine 1 [running]:")
    assert log.text == "goroutine 1 [running]:\n"
