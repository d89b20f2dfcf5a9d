"""JSON, XML and text as annotation tools write them: read whole or refused with the place where it breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, indent, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from readingroom.core.errors import AnnotationError

_AGAIN = "Export or copy it again: it may be truncated"


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, of which there is at least one.

    Raises:
        AnnotationError: no such file, not to be read, or empty.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise AnnotationError("no such file", fix="Correct the path", file=path) from error
    except OSError as error:
        raise AnnotationError(
            f"cannot be read ({error.strerror})", fix="Check the rights and the disk", file=path
        ) from error
    if not data.strip():
        raise AnnotationError("the file is empty", fix=_AGAIN, file=path)
    return data


def read_text(path: Path) -> str:
    """Text in UTF-8 (with or without BOM) or GB 18030.

    Raises:
        AnnotationError: as `read_bytes`, or neither of these.
    """
    data = read_bytes(path)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AnnotationError("the text is neither UTF-8 nor GB 18030", fix="Save it as UTF-8", file=path)


def read_document(path: Path) -> Any:
    """A JSON document; numbers that are none (NaN, Infinity) are refused.

    Raises:
        AnnotationError: as `read_text`, or not whole, with the line where it breaks.
    """
    try:
        return json.loads(read_text(path), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise AnnotationError(
            f"not complete JSON: it breaks at line {error.lineno}, column {error.colno} ({error.msg})",
            fix=_AGAIN,
            file=path,
        ) from error
    except (RecursionError, ValueError) as error:
        raise AnnotationError(f"not JSON that can be read ({error})", fix=_AGAIN, file=path) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def read_tree(path: Path) -> Element:
    """The root of an XML document. Documents that declare entities or a type (DTD) are refused: annotations need none.

    Raises:
        AnnotationError: as `read_bytes`, or not whole, with the line where it breaks, or with entities.
    """
    try:
        root: Element = fromstring(read_bytes(path), forbid_dtd=True)
    except DefusedXmlException as error:
        raise AnnotationError(
            "the XML declares entities or a document type, which can be used to attack a program",
            fix="Export it again from the annotation tool",
            file=path,
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise AnnotationError(f"not complete XML ({error})", fix=_AGAIN, file=path) from error
    return root


def tree_text(root: Element) -> str:
    """An XML document as text, indented."""
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"
