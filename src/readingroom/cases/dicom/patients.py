"""Patients: who DICOM files are of, where a case table does not say it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pandas as pd

from readingroom.cases.dicom.dataset import damage_explained, open_dicom, text_of
from readingroom.cases.notes import Note
from readingroom.cases.table import CaseTable
from readingroom.core.errors import ImageError

_DIGITS = 12


def patient_key(data: bytes) -> str:
    """A hash that tells the patient of a DICOM file from others; empty where the file names none.

    It keeps images of a patient together and is no pseudonym: who knows the IDs can hash them as well.

    Args:
        data: the whole file.
    """
    try:
        found = open_dicom(data, tags=["PatientID", "IssuerOfPatientID", "SpecificCharacterSet"])
        with damage_explained():
            number, issuer = text_of(found, "PatientID"), text_of(found, "IssuerOfPatientID")
    except ImageError:
        return ""
    return hashlib.sha256(f"{issuer}\n{number}".encode()).hexdigest()[:_DIGITS] if number else ""


def take_patients(cases: CaseTable, catalogue: pd.DataFrame) -> CaseTable:
    """The cases with the patients that their DICOM files name, where the table has no column of them.

    Either every readable image has one, or the table stays as it is; both are said in a note.

    Args:
        cases: the case table.
        catalogue: of these cases.
    """
    read = catalogue[catalogue["readable"].astype(bool)]
    dicom = read[read["kind"] == "DICOM"]
    if cases.has_patients or dicom.empty:
        return cases
    keys = dicom.loc[dicom["patient_key"] != "", ["image", "patient_key"]].set_index("image")["patient_key"]
    values = {"n": len(keys), "total": len(read), "patients": int(keys.nunique())}
    if len(keys) < len(read):
        return replace(cases, notes=(*cases.notes, Note("warning", "patients-in-some-files", _SOME, values, _SOME_FIX)))
    # A file that cannot be read is left out later; it stands for itself until then.
    patients = cases.frame["image"].map(keys).fillna(cases.frame["image"])
    note = Note("note", "patients-from-files", _ALL, values)
    return replace(cases, frame=cases.frame.assign(patient=patients.astype("str")), notes=(*cases.notes, note))


_ALL = (
    "The case table has no column patient; the DICOM files name {patients} patients, who were kept together. In the "
    "tables they appear as hashes of their IDs."
)
_SOME = "The case table has no column patient; only {n} of {total} images are DICOM files that name one."
_SOME_FIX = "Write a column patient, or make the case table with `readingroom series`."
