"""Pseudonyms: patients' IDs replaced by keyed hashes, the key in a file that stays in the hospital."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from readingroom.core.errors import OutputError
from readingroom.core.files import explain_write_errors

_KEY = re.compile(r"[0-9a-f]{64}")
_DIGITS = 12


@dataclass(frozen=True)
class Pseudonyms:
    """Replaces IDs by HMAC-SHA256 (RFC 2104), shortened to 12 digits: the same ID always gives the same pseudonym.

    Args:
        key: without it nobody can tell which ID a pseudonym stands for, or try IDs out.
    """

    key: bytes

    def of(self, patient_id: str) -> str:
        """The pseudonym of an ID.

        Example:
            >>> Pseudonyms(b"secret").of("0012345")
            'P-0ed9a03abbc5'
        """
        digest = hmac.new(self.key, patient_id.encode(), hashlib.sha256).hexdigest()
        return f"P-{digest[:_DIGITS]}"


def load_pseudonyms(path: str | Path) -> Pseudonyms:
    """The pseudonyms of a key file; where there is none, one is made with a random key that only its owner can read.

    Raises:
        OutputError: the file cannot be written, or is no key.
    """
    path = Path(path)
    if not path.exists():
        _write_key(path)
    text = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    if not _KEY.fullmatch(text):
        raise OutputError(
            "not a key file", fix="Name a file that this command made, or one that is not there", file=path
        )
    return Pseudonyms(bytes.fromhex(text))


def _write_key(path: Path) -> None:
    with explain_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32) + "\n")
