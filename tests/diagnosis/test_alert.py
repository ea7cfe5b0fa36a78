from why503.diagnosis.alert import COUNT, Urgency, label


def test_templates_are_those_of_go() -> None:
    assert label("destination_service") == "{{ $labels.destination_service }}"
    assert COUNT == '{{ printf "%.0f" $value }}'


def test_urgencies_are_the_usual_severities() -> None:
    assert [one.value for one in Urgency] == ["critical", "warning", "info"]
