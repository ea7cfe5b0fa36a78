"""Evidence made to hurt: each kind gives a sentence, in bounded memory, and ends."""

# ruff: noqa: E501 - a line of evidence is as long as it is

import gzip
import io
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import why503
from why503.diagnosis.finding import Diagnosis

MEMORY = 500 << 20
SECONDS = 120
"""A run that takes this long hangs; a machine under load is given the time that it needs."""
_ACCESS = '[2026-03-09T02:00:01.198Z] "GET /x HTTP/1.1" 503 UC '


def diagnosed(path: Path) -> Diagnosis:
    return why503.diagnose(str(path))


def assert_bounded(*arguments: str, piped: Iterator[bytes] | None = None) -> str:
    """Run the program on its own; its answer, given in bounded memory."""
    program = (
        "import resource, sys\n"
        "from why503.cli import main\n"
        "code = main(sys.argv[1:])\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(f'{code} {peak}', file=sys.stderr)\n"
    )
    limits = {resource.RLIMIT_CPU: SECONDS}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE if piped is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: [resource.setrlimit(key, (most, most)) for key, most in limits.items()],  # noqa: PLW1509
    )
    if piped is not None and process.stdin is not None:
        for chunk in piped:
            process.stdin.write(chunk)
        process.stdin.close()
        process.stdin = None
    said, told = process.communicate()
    assert process.returncode == 0, told[-2000:]
    code, peak = told.split()[-2:]
    assert code == b"0", told
    assert int(peak) * 1024 < MEMORY, f"{int(peak) >> 10} MB"
    return said.decode()


def test_a_line_of_a_hundred_megabytes_is_cut_and_the_rest_read(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + _ACCESS.encode() + b"x\n")
    said = assert_bounded("diagnose", str(path), "-o", "json")
    assert "longer than" in json.loads(said)["unread"][0]["reason"]


def test_a_pipe_of_one_endless_line_is_read_in_bounded_memory() -> None:
    said = assert_bounded("diagnose", "-", piped=(b'x"' * (1 << 19) for _ in range(200)))
    assert said


def test_a_gzip_bomb_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    with gzip.open(path, "wb", 9) as file:
        for _ in range(40):
            file.write((b" " * 31 + b"\n") * (1 << 15))
    assert_bounded("diagnose", str(path))


def test_a_zstd_bomb_with_a_huge_window_is_refused_or_cut(tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    options = {zstd.CompressionParameter.window_log: 30}
    path = tmp_path / "a.log.zst"
    with zstd.open(path, "wb", options=options) as file:
        for _ in range(300):
            file.write(b"x" * (1 << 20))
    assert_bounded("diagnose", str(path))


def test_a_million_tiny_documents_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("---\na: 1\n" * 1_000_000)
    assert_bounded("diagnose", str(path))


def _alias_bomb() -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    return "kind: Pod\napiVersion: v1\n" + "\n".join(rows) + "\n"


def _merge_bomb() -> str:
    return "a: &a {x: 1}\n" + "".join(f"b{n}: &a\n  <<: [*a, *a, *a]\n" for n in range(3000))


def _nested_docker(depth: int) -> str:
    line = _ACCESS
    for _ in range(depth):
        line = json.dumps({"log": line, "stream": "stdout"})
        if len(line) > 500_000:
            break
    return line


def _zip(text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.log", text)
        archive.writestr("ok.log", text)
    return packed.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "alias-bomb.yaml": lambda: _alias_bomb().encode(),
    "merge-bomb.yaml": lambda: _merge_bomb().encode(),
    "self-alias.yaml": lambda: b"kind: Pod\nspec: &a\n  b: *a\n",
    "deep.json": lambda: b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "deep-list.json": lambda: b"[" * 500_000,
    "deep.yaml": lambda: b"a: " + b"[" * 200_000,
    "deep-block.yaml": lambda: b"\n".join(b" " * n + b"a:" for n in range(2_000)),
    "deep-dashes.yaml": lambda: b"- " * 100_000 + b"x",
    "nul.log": lambda: (_ACCESS * 40).encode() + b"\0" * 4096,
    "nul-later.log": lambda: (_ACCESS + "x\n").encode() * 400 + b"\0" * 100_000,
    "utf16.log": lambda: (_ACCESS + "x\n").encode("utf-16"),
    "utf16-odd.log": lambda: (_ACCESS + "x\n").encode("utf-16")[:-1],
    "utf16-without-a-mark.log": lambda: (_ACCESS + "x\n").encode("utf-16-le"),
    "utf32.log": lambda: (_ACCESS + "x\n").encode("utf-32"),
    "truncated.log.gz": lambda: gzip.compress((_ACCESS + "x\n").encode() * 500)[:-40],
    "broken.log.gz": lambda: b"\x1f\x8b\x08\x00" + b"\xff" * 500,
    "head-only.log.zst": lambda: b"\x28\xb5\x2f\xfd",
    "docker-in-docker.json": lambda: _nested_docker(60).encode(),
    "outside.zip": lambda: _zip(b"x" * 10_000_000),
    "empty.log": lambda: b"",
    "only-a-bom.log": lambda: b"\xef\xbb\xbf",
    "surrogates.json": lambda: b'{"response_code":503,"path":"\\ud800\\udfff\\ud800"}\n' * 50,
    "invalid-utf8.log": lambda: bytes(range(128, 256)) * 2000,
    "controls.log": lambda: bytes(sign for sign in range(1, 32)) * 4000,
    "huge-number.json": lambda: b'{"response_code":' + b"9" * 100_000 + b',"response_flags":"UC"}',
    "huge-number.yaml": lambda: b"kind: Pod\nspec: {a: " + b"9" * 100_000 + b"}\n",
    "keys.json": lambda: b"{" + b",".join(b'"k%d":1' % n for n in range(200_000)) + b"}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_gives_a_sentence_or_its_facts(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name]())
    diagnosis = diagnosed(path)
    assert not [item.reason for item in diagnosis.unread if "Internal" in item.reason]
    assert diagnosis.unread or diagnosis.inputs, name


RUNS = (
    '"', "'", "{", "}", "[", "]", "(", "|", " ", "\t", "1", "1.", ":", "=", "-", "a=", 'a="', "a,",
    "\\", '\\"', "%", "%REQ(", "*", "/", "a/", "a.", '="', '" ', "{}", '{"a":', "a: ", "- ", "<", "@",
    "a@", "1:", "::", "0x", "?a=", "&", ";", "\x1b[", "[C1]", "eyJ", "cluster.", "a-", "A", "é", "\u3000",
    "x " * 9, "outbound|", "-----BEGIN ", "Bearer ", "cookie:", "cookie: a ", "token=", "name: ", "T ",
    "password", "password_", "authorization", "a:b@", "x.y:z", "10.0.0.", '":"', "{{", "}}", "\\u00",
)  # fmt: skip
HEADS = (
    "", _ACCESS, '[2026-03-09T02:00:01.198Z] "', '{"log":"', '{"response_code":503,"path":"',
    "2026-03-09T02:00:01.198Z error ", "2026-03-09T02:00:01.198Z\terror\tenvoy http ", "cluster.x",
    "kind: Pod\nspec: ", "NAME   READY\n", "Name: ", "< HTTP/1.1 503 ", "curl -v ", "I0309 02:00:01 ",
    "02:00:01.198 IP 10.0.0.1.80 > 10.0.0.2.81: ", "Events:\n  ", "tcp LISTEN 0 ", ";; ANSWER\n",
    "E AssertionError ", "Caused by: ",
)  # fmt: skip


@pytest.mark.parametrize("head", HEADS)
def test_no_long_run_of_anything_makes_a_reader_hang(head: str, tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    path.write_text("\n".join(head + run * (4_000 // len(run)) for run in RUNS))
    assert_bounded("diagnose", str(path))


@pytest.mark.parametrize(
    "head", ["", _ACCESS, "kind: Secret\ndata:\n  a: ", "env:\n- name: A\n  value: "]
)
def test_no_long_run_of_anything_makes_redaction_hang(head: str, tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    path.write_text("\n".join(head + run * (4_000 // len(run)) for run in RUNS))
    assert_bounded("redact", str(path), str(tmp_path / "out"))
