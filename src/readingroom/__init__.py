"""Reading Room: from a pile of medical images to a diagnostic study's report. For research, not a medical device."""

from __future__ import annotations

__version__ = "0.1.0"
