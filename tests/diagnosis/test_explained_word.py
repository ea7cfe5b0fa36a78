from why503.diagnosis.explained_word import entries_of, explained


def test_every_word_of_a_sequence_must_be_known():
    assert [entry.token for entry in entries_of("503 UC via_upstream")] == [
        "503",
        "UC",
        "via_upstream",
    ]
    assert entries_of("503 UC nonsense") == ()


def test_no_secret_of_the_text_is_shown():
    words = explained(entries_of("outbound|80||http://user:hunter22@shop.example"))
    assert words
    assert "hunter22" not in str(words)
