"""Reading Room: from a pile of medical images to a diagnostic study's report.

For research, not a medical device.

Example:
    >>> import readingroom as rr
    >>> study = rr.Study.load("study.yaml")  # doctest: +SKIP
    >>> run = study.run()  # doctest: +SKIP
    >>> run.readings, run.report  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from readingroom.study import Run, Study

__version__ = "0.1.0"
__all__ = ["Run", "Study", "__version__"]


def __getattr__(name: str) -> Any:
    # A study needs torch, which takes seconds to import: only those who ask for it wait.
    if name in {"Run", "Study"}:
        from readingroom import study

        return getattr(study, name)
    raise AttributeError(f"module 'readingroom' has no attribute {name!r}")
