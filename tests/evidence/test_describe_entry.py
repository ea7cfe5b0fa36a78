from why503.evidence.describe_entry import entries_of


def tree(text):
    return entries_of(list(enumerate(text.split("\n"), 1)))


def test_what_is_indented_more_stands_below():
    (name, labels) = tree("Name:  desk\nLabels:  a=b\n         c=d")
    assert (name.key, name.value, name.line) == ("Name", "desk", 1)
    assert (labels.value, labels.texts, labels.text_lines) == ("a=b", ["c=d"], [3])


def test_an_item_of_a_list_of_addresses_holds_what_follows_it():
    (holder,) = tree(
        "Endpoints:\n  - Addresses:  10.1.0.4\n    NodeName:  n1\n  - Addresses: 10.1.0.5"
    )
    assert [entry.value for entry in holder.below] == ["10.1.0.4", "10.1.0.5"]
    assert holder.below[0].get("NodeName") == "n1"


def test_rows_of_events_stay_text():
    (events,) = tree("Events:\n  Type  Reason\n  Normal  Pulled: it")
    assert events.texts == ["Type  Reason", "Normal  Pulled: it"]
