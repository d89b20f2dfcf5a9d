"""The model of a features reader as a file: skops, which keeps numbers and names of known types, and never a pickle."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from sklearn.pipeline import Pipeline

from readingroom.cases.radiomics.extraction import check_installed as check_mirp
from readingroom.core.errors import BundleError
from readingroom.core.files import atomic_write, hash_file
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.features.section import FeaturesSection

MODEL_FILE = "model.skops"
TRUSTED = (
    "numpy.dtype",
    "readingroom.reading.features.selection.Selection",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
"""Types beside scikit-learn's and NumPy's own that a model may hold; a file that names another is refused."""
INSTALL = "pip install 'readingroom[radiomics]'"


def check_installed() -> None:
    """Refuse features readers where skops is not installed.

    Raises:
        BundleError: with what to install.
    """
    if find_spec("skops") is None:
        raise BundleError("skops is not installed, and models of features are kept by it", fix=INSTALL)


def check_libraries(sections: Sequence[FeaturesSection]) -> None:
    """Refuse features readers whose libraries are not installed, before anything is computed.

    Raises:
        BundleError: skops is not installed.
        StudyFileError: mirp is not.
    """
    if sections:
        check_installed()
    if any(section.radiomics is not None for section in sections):
        check_mirp()


def save_model(folder: Path, model: Pipeline) -> None:
    """Write a fitted pipeline into a bundle."""
    check_installed()
    from skops.io import dump

    with atomic_write(folder / MODEL_FILE) as temporary:
        temporary.unlink(missing_ok=True)
        dump(model, temporary)


def load_model(folder: Path, bundle: ReaderBundle) -> Pipeline:
    """The fitted pipeline of a bundle.

    Raises:
        BundleError: it is missing, another one, damaged, or holds what a model has no need of.
    """
    check_installed()
    path = folder / MODEL_FILE
    if not path.is_file():
        raise BundleError("the model is missing", fix="Copy the whole bundle folder again", file=path)
    if hash_file(path) != bundle.facts["weights_sha256"]:
        raise BundleError(
            "the model is not the one that the reader's description names",
            fix="Copy the whole bundle folder again",
            file=path,
        )
    return _read(path)


def _read(path: Path) -> Pipeline:
    from skops.io import get_untrusted_types, load

    try:
        strange = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED))
        if strange:
            raise BundleError(f"the model holds {strange[0]}, which no reader's model needs", fix=_STRANGE, file=path)
        model: Any = load(path, trusted=list(TRUSTED))
    except (ValueError, KeyError, TypeError, OSError, AttributeError, BadZipFile) as error:
        raise BundleError(f"the model cannot be read ({error})", fix=_DAMAGED, file=path) from error
    if not isinstance(model, Pipeline):
        raise BundleError("the file holds no model", fix=_DAMAGED, file=path)
    return model


_STRANGE = "Do not use it; take the reader from where it was made"
_DAMAGED = "Copy the whole bundle folder again, or train the reader with this version"
