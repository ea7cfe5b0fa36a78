"""Certificates of the play, made with the program `openssl`.

A library (`cryptography`) would do it too, but weighs 13 MB for what four lines of `openssl` do,
and the tests need the program anyway.
"""

import subprocess
import time
from pathlib import Path

from why503.diagnosis.scenario import Credential
from why503.support.dataclass import dataclass

_DAY = 86400
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_CONFIG = """\
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
x509_extensions = leaf
[any]
organizationName = optional
[leaf]
subjectAltName = {san}
basicConstraints = CA:FALSE
"""


class NoOpensslError(Exception):
    """`openssl` is missing or refused; the message says what it said."""


@dataclass(frozen=True)
class Pair:
    """A certificate with its key and the root that vouches for it, as PEM files."""

    certificate: Path
    key: Path
    root: Path
    """The root that the peer is expected to trust."""


class Authority:
    """Issues the certificates of one play: a good root, and one that nobody knows."""

    def __init__(self, folder: Path) -> None:
        """Keep everything in ``folder``, which is made."""
        self._folder = folder
        self._roots: dict[str, Path] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def issue(self, name: str, san: str, credential: Credential = Credential.GOOD) -> Pair:
        """A pair for `URI:...` or `DNS:...`, as good or bad as ``credential`` says."""
        known = credential is not Credential.OTHER_ISSUER
        root = self._root("cluster.local" if known else "another.example")
        if credential is Credential.OTHER_NAME:
            san = f"{san.rsplit('/', 1)[0]}/somebody-else" if "/" in san else "DNS:other.example"
        now = time.time()
        start, end = now - _DAY / 12, now + _DAY
        if credential is Credential.EXPIRED:
            start, end = now - 2 * _DAY, now - _DAY / 24
        folder = self._folder / f"{name}-{credential.name.lower()}"
        folder.mkdir(exist_ok=True)
        (folder / "index.txt").write_text("", encoding="ascii")
        (folder / "ca.cnf").write_text(_CONFIG.format(san=_critical(san)), encoding="ascii")
        subject = "/O=cluster.local"
        _run(folder, "req", "-new", *_KEY, "-subj", subject, "-keyout", "key.pem", "-out", "csr")
        _run(
            folder,
            *("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "csr", "-out", "leaf.pem"),
            *("-cert", str(root / "root.pem"), "-keyfile", str(root / "root.key")),
            *("-startdate", _stamp(start), "-enddate", _stamp(end)),
        )
        chain = folder / "chain.pem"
        text = (folder / "leaf.pem").read_text("ascii") + (root / "root.pem").read_text("ascii")
        chain.write_text(text, encoding="ascii")
        trusted = self._root("cluster.local") / "root.pem"
        return Pair(certificate=chain, key=folder / "key.pem", root=trusted)

    def _root(self, name: str) -> Path:
        if name not in self._roots:
            folder = (self._folder / name).absolute()
            folder.mkdir(exist_ok=True)
            _run(
                folder,
                *("req", "-x509", *_KEY, "-days", "3650", "-subj", f"/O={name}"),
                *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
                *("-keyout", "root.key", "-out", "root.pem"),
            )
            self._roots[name] = folder
        return self._roots[name]


def _critical(san: str) -> str:
    """As Istio's own: critical, for the subject is empty of names."""
    return f"critical,{san}" if san.startswith("URI:") else san


def _stamp(seconds: float) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))


def _run(folder: Path, *arguments: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - arguments are this file's own
            ["openssl", *arguments],  # noqa: S607 - wherever the user has it
            cwd=folder,
            check=True,
            capture_output=True,
        )
    except FileNotFoundError as fault:
        raise NoOpensslError(
            "The certificates of a proof need the program `openssl`, which is not installed."
        ) from fault
    except subprocess.CalledProcessError as fault:
        said = fault.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise NoOpensslError(f"`openssl {arguments[0]}` failed: {' '.join(said)}") from fault
