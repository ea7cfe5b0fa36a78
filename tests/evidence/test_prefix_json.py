from why503.evidence.prefix_json import origin_of, unwrap


def test_a_level_beside_a_whole_line_does_not_hide_the_line() -> None:
    line = "2031-03-04 05:06:07 ERROR no beans"
    assert unwrap({"level": "info", "message": line, "kubernetes": {}}) == line
    assert unwrap({"level": "info", "message": "no beans", "kubernetes": {}}) is None


def test_flat_and_nested_names_are_found() -> None:
    assert origin_of({"kubernetes": {"pod_name": "kiosk-7"}}).pod == "kiosk-7"
    assert origin_of({"kubernetes.pod_name": "kiosk-7"}).pod == "kiosk-7"
    assert origin_of({"_source": {"k8s": {"pod": {"name": "kiosk-7"}}}}).pod == "kiosk-7"


def test_victorialogs_entries_are_unwrapped() -> None:
    assert unwrap({"_msg": "hello", "_time": "2031-03-04T05:06:07Z"}) == "hello"
