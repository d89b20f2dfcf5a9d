"""The machine and the libraries of a run, as the manifest and the doctor tell them."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

import torch

from readingroom import __version__
from readingroom.core.files import hash_file, hash_value
from readingroom.reading.precision import choose_device, choose_precision

LIBRARIES = ("torch", "torchvision", "timm", "lightning-fabric", "numpy", "scipy", "scikit-learn", "pandas",
             "opencv-python-headless", "pillow", "matplotlib")  # fmt: skip


def machine_facts() -> dict[str, Any]:
    """Processor, cores, memory, GPU, and the precision that `auto` means here."""
    device = choose_device()
    return {
        "system": f"{platform.system()} {platform.release()}",
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gib": _memory_gib(),
        "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
        "precision": choose_precision("auto", device),
    }


def library_versions() -> dict[str, str]:
    """Versions of Python, of this program and of the libraries that decide numbers."""
    return {
        "python": platform.python_version(),
        "readingroom": __version__,
        **{name: version(name) for name in LIBRARIES},
    }


def code_hash() -> str:
    """SHA-256 over the source of this program, so that a changed copy of one version is told from another."""
    root = Path(__file__).parents[1]
    files = sorted(path for path in root.rglob("*.py"))
    return hash_value([[path.relative_to(root).as_posix(), hash_file(path)] for path in files])


def installed_packages() -> str:
    """Every installed package and its version, one a line, as a constraints file."""
    found = {f"{one.metadata['Name']}=={one.version}" for one in distributions() if one.metadata["Name"]}
    return "\n".join(sorted(found, key=str.casefold)) + "\n"


def _processor() -> str:
    if sys.platform == "linux":
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 -- not a file of ours
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
