import pytest

from why503.diagnosis.data_loss import data_loss
from why503.facts import AppEvent, AppEventKind, Bundle, Manifest, Series, Source
from why503.mesh import Mesh

NOON = 1_772_366_400.0
Kind = AppEventKind


def event(kind, at=0.0, **fields):
    told = {"teller": "client", "program": "vmalert", "time": None if at is None else NOON + at}
    line = fields.pop("line", 1)
    return AppEvent(source=Source(path="app.log", line=line), kind=kind, **(told | fields))


def attempt(at=0.0, number=1, code=503, **fields):
    return event(Kind.WRITE_FAILED, at, attempt=number, code=code, **fields)


def alive(at):
    return event(Kind.ERROR, at, text="something else")


def version(text):
    return event(Kind.VERSION, None, text=text)


def loss(*facts):
    return data_loss(Mesh(Bundle(facts=facts)))


def verdict(*facts):
    found = loss(*facts)
    return found.verdict if found else None


def test_without_a_failed_write_or_query_there_is_nothing_to_say():
    assert loss(alive(0), event(Kind.SHUTDOWN, 1)) is None


def test_dropped_batches_are_lost_and_their_series_counted():
    dropped = [event(Kind.WRITE_DROPPED, n, amount=3 + n, line=9 + n) for n in range(2)]
    found = loss(attempt(), *dropped, alive(99))
    assert found is not None
    assert found.verdict == "lost"
    assert "gave up: 2, with 7 time series" in found.text
    assert found.source is not None
    assert found.source.line == 9


def test_a_full_queue_loses_what_comes():
    assert verdict(event(Kind.QUEUE_FULL, amount=100_000)) == "lost"


def test_a_failed_attempt_that_no_other_follows_lost_nothing():
    found = loss(attempt(), alive(10))
    assert found is not None
    assert found.verdict == "nothing-lost"
    assert "5 attempts, 1 s apart" in found.text


def test_evidence_that_ends_before_the_next_attempt_leaves_it_open():
    assert verdict(attempt(), alive(1.5)) == "retrying"
    found = loss(attempt())
    assert found is not None
    assert found.verdict == "retrying"
    assert "ends with the last of them" in found.text


def test_an_attempt_without_an_answer_may_hang_for_long():
    assert verdict(attempt(code=None), alive(10)) == "retrying"
    assert verdict(attempt(code=None), alive(40)) == "nothing-lost"


def test_the_growing_pause_of_newer_versions_is_waited_for():
    fourth = attempt(number=4, retriable=True)
    assert verdict(fourth, alive(8)) == "retrying"
    assert verdict(fourth, alive(10)) == "nothing-lost"
    found = loss(fourth, alive(10))
    assert found is not None
    assert "growing pauses for 30 s" in found.text


def test_the_programs_own_retry_limit_is_named():
    flag = event(Kind.FLAG, 0, name="remoteWrite.retryMaxTime", text="2m")
    found = loss(attempt(retriable=True), flag, alive(60))
    assert found is not None
    assert "growing pauses for 2 min" in found.text


def test_the_fifth_attempt_is_the_last_of_an_old_version_only():
    assert verdict(attempt(number=5), alive(60)) == "lost"
    assert verdict(attempt(number=5, retriable=True), alive(60)) == "nothing-lost"


@pytest.mark.parametrize(
    ("build", "code", "expected"),
    [
        ("vmalert-tags-v1.90.0-0-gabc", 400, "nothing-lost"),
        ("vmalert-tags-v1.91.1-0-gabc", 400, "lost"),
        ("vmalert-tags-v1.91.1-0-gabc", 503, "nothing-lost"),
        ("vmalert-tags-v1.91.1-0-gabc", None, "lost"),
        ("vmalert-tags-v1.101.0-0-gabc", 400, "lost"),
        ("vmalert-tags-v1.101.0-0-gabc", 429, "nothing-lost"),
        ("vmalert-tags-v1.101.0-0-gabc", None, "nothing-lost"),
    ],
)
def test_the_version_decides_what_is_repeated(build, code, expected):
    assert verdict(version(build), attempt(code=code), alive(100)) == expected


def test_the_lines_own_words_go_before_the_version():
    old = version("vmalert-tags-v1.79.5")
    assert verdict(old, attempt(retriable=False), alive(100)) == "lost"
    new = version("vmalert-tags-v1.101.0")
    assert verdict(new, attempt(code=400, retriable=True), alive(100)) == "nothing-lost"


def test_an_images_tag_tells_the_version_where_the_log_does_not():
    image = "mirror.local:5000/vmalert:v1.101.0"
    workload = Manifest(
        source=Source(path="k8s.yaml"),
        kind="Deployment",
        name="vmalert",
        data={"spec": {"template": {"spec": {"containers": [{"image": image}]}}}},
    )
    assert verdict(workload, attempt(code=400), alive(100)) == "lost"
    assert verdict(attempt(code=400), alive(100)) == "nothing-lost"


def test_a_stop_amid_the_retries_cannot_be_told():
    stop = event(Kind.SHUTDOWN, 0.5, text="interrupting retry attempt 1: context cancelled")
    assert verdict(attempt(), stop, alive(100)) == "unknown"


def test_without_times_it_cannot_be_told():
    assert verdict(attempt(None)) == "unknown"


def test_vmagent_keeps_what_was_refused():
    assert verdict(attempt(program="vmagent")) == "nothing-lost"
    assert verdict(event(Kind.WRITE_DROPPED, program="vmagent", amount=512)) == "lost"


def test_a_failed_query_is_an_evaluation_lost_beside_writes_that_are_not():
    found = loss(event(Kind.QUERY_FAILED, code=503, line=4), attempt(), alive(10))
    assert found is not None
    assert found.verdict == "evaluations-lost"
    assert "failed query: 1." in found.text
    assert "no data was given up" in found.text


def test_lost_data_goes_before_lost_evaluations():
    facts = (event(Kind.QUERY_FAILED), event(Kind.WRITE_DROPPED, amount=1))
    assert verdict(*facts) == "lost"


def test_another_programs_log_does_not_lengthen_this_one():
    assert verdict(attempt(), event(Kind.ERROR, 100, teller="server", program="")) == "retrying"


def counted(metric, *values):
    points = tuple((NOON + place, float(value)) for place, value in enumerate(values))
    source = Source(path="vm.json", line=3)
    return Series(source=source, teller="vm", metric=metric, points=points)


def test_a_counter_of_dropped_rows_that_grew_is_loss():
    found = loss(counted("vmalert_remotewrite_dropped_rows_total", 5, 255))
    assert found is not None
    assert (found.verdict, found.source.line) == ("lost", 3)
    assert "grew by 250" in found.text


def test_a_single_value_counts_since_the_program_started():
    found = loss(counted("vmalert_remotewrite_dropped_rows_total", 250))
    assert found is not None
    assert "since the program started" in found.text


def test_failed_writes_without_a_dropped_row_lost_nothing():
    errors = counted("vmalert_remotewrite_errors_total", 1, 4)
    drops = counted("vmalert_remotewrite_dropped_rows_total", 0, 0)
    assert verdict(errors, drops) == "nothing-lost"
    assert verdict(errors) is None


def test_a_drop_that_was_logged_goes_before_counters_that_tell_of_none():
    errors = counted("vmalert_remotewrite_errors_total", 1, 4)
    drops = counted("vmalert_remotewrite_dropped_rows_total", 0, 0)
    assert verdict(event(Kind.WRITE_DROPPED, 1, amount=3), errors, drops) == "lost"
