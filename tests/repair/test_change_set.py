from why503.repair.change_set import ChangeSet, FileChange, digest


def test_a_change_set_tells_new_files_and_texts():
    new = FileChange(path="b.yaml", before=None, after="é\n".encode())
    old = FileChange(path="a.yaml", before=b"a\n", after=b"b\n")
    assert (new.is_new, old.is_new) == (True, False)
    assert ChangeSet(files=(old, new)).texts == {"a.yaml": "b\n", "b.yaml": "é\n"}


def test_fingerprints_tell_contents_apart():
    assert digest(b"a") == digest(b"a") != digest(b"b")
