"""How we mend: a remedy becomes a minimal patch of the user's own YAML, checked.

A remedy says what it wants as plain data (`change.py`): which object, which path, which value.
`patch.py` turns that into a text in which everything outside the edit stands byte for byte as it
was, and which loads as the old one with exactly the wanted change; where that cannot be had it
refuses in a sentence. `draft.py` gathers changes of several files and new objects into a
`ChangeSet`; `place.py` says where a new object belongs; `origin.py` knows what a chart or an
overlay made and says what to set there, `json_patch.py` makes the patch for it; `gate.py` holds a
change set against the schemas and against lint; `diff.py` shows it. `disk.py` and `undo.py` write
it and take it back, and nothing else here writes.

`offer.py` is the door: wishes go in, and out come the changes that may be written, those that must
be made elsewhere, and those that are refused. `wishes.py` makes them of a remedy's edits, which
causes hand out as plain data (`diagnosis/edit.py`), and `mend.py` does so for a whole diagnosis and
chooses: its answer (`fixed.py`) is what `why503 fix` prints.
"""
