"""A bundle made safe to send: names and addresses become tokens, secrets become `***`.

Every word that is not one of the mesh's own (`words.txt`) is replaced, so a name in a place that
nobody thought of is replaced too. Equal words get equal tokens, in every file: the joins stay.
"""

from why503.evidence.redaction.bundle import Redacted, RedactError, redact_bundle

__all__ = ["RedactError", "Redacted", "redact_bundle"]
