"""What a file is, by its first bytes: packed, an archive, or neither."""

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_BLOCK = 512
_CHECKSUM = (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"\x80", b"\xff")
"""How the checksum of a header begins: an octal digit, or the mark of a binary number."""


def is_packed(head: bytes) -> bool:
    """True for gzip and zstd."""
    return head.startswith((GZIP, ZSTD))


def is_zip(head: bytes) -> bool:
    """True for a zip, an empty or split one too."""
    return head.startswith(_ZIP)


def is_tar(head: bytes) -> bool:
    """True where ``head`` begins with a block of a tar whose checksum is right."""
    block = head[:_BLOCK]
    if len(block) < _BLOCK:
        # The checksum cannot be computed; the mark of POSIX and GNU archives has to do.
        return block[257:262] == b"ustar"
    if not block[0] or not block[148:156].strip(b" \0").startswith(_CHECKSUM):
        return False
    import tarfile

    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError, OverflowError):
        return False
    return True


def is_archive(head: bytes) -> bool:
    """True where these first bytes, after decompression, are those of a tar or a zip."""
    return is_zip(head) or is_tar(head)
