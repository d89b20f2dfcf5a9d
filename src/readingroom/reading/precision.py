"""Precision: bfloat16 with channels-last where the processor has it natively, float32 elsewhere."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

Precision = Literal["float32", "bfloat16"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]


def has_native_bfloat16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 itself (AVX512-BF16 or AMX; Ampere or later) and does not emulate it."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device.type == "cpu":
        # torch offers no public question for it; both names have been there since 2.6.
        questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        return any(bool(getattr(torch.cpu, question, bool)()) for question in questions)
    return False


def choose_precision(choice: PrecisionChoice, device: torch.device) -> Precision:
    """What ``auto`` means on this device."""
    if choice != "auto":
        return choice
    return "bfloat16" if has_native_bfloat16(device) else "float32"


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Run a block of inference in the given precision; weights and results stay float32 outside it."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def choose_device(name: str = "auto") -> torch.device:
    """``auto`` takes a CUDA GPU where there is one, else the CPU."""
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
