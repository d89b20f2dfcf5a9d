"""Memory and time of the largest realistic stacks, drawn: a CT of 600 slices, and a clip of ten minutes.

Run it from the repository: ``python -m benchmarks.stacks``. Each reading runs in a process of its own, whose peak
memory is measured; what the libraries take by themselves is measured likewise and told apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median

import numpy as np
from benchmarks.table import Row, report

CT, SPACING_MM = (600, 512, 512), (1.0, 0.75, 0.75)  # planes, rows, columns
MINUTES, RATE, FRAME = 10, 25, (640, 480)
PATCH = {"kind": "volume", "planes": 32, "spacing": [2.0, 1.0, 1.0], "around": "point"}
BODY = {"kind": "volume", "planes": 64, "spacing": [6.0, 3.0, 3.0]}
WHOLE = {"kind": "volume", "planes": 128}
FRAMES = {"kind": "frames", "planes": 16}


def slice_of(number: int) -> np.ndarray:
    """A slice of a drawn body, Hounsfield units."""
    y, x = np.mgrid[-1:1:512j, -1:1:512j]
    body = np.where(np.hypot(x / 0.85, y / 0.6) < 1, 40, -1000)
    lung = np.hypot((np.abs(x) - 0.4) / 0.28, y / 0.4) < np.sin(np.pi * number / CT[0])
    noise = np.random.default_rng(number).normal(0, 12, x.shape)
    return np.asarray(np.where(lung, -850, body) + noise).clip(-1024, 3000).astype(np.int16)


def draw_nifti(path: Path) -> None:
    """The CT as a NIfTI file."""
    import nibabel

    volume = np.stack([slice_of(number) for number in range(CT[0])])
    affine = np.diag([-SPACING_MM[2], -SPACING_MM[1], SPACING_MM[0], 1.0])
    nibabel.save(nibabel.Nifti1Image(volume.transpose(2, 1, 0), affine), path)


def draw_series(folder: Path) -> None:
    """The CT as a folder of DICOM files."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    folder.mkdir()
    series, study = generate_uid(), generate_uid()
    for number in range(CT[0]):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
        meta.MediaStorageSOPInstanceUID = generate_uid()
        file = FileDataset(None, {}, preamble=bytes(128), file_meta=meta)
        file.SOPClassUID, file.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        file.SeriesInstanceUID, file.StudyInstanceUID, file.PatientID, file.Modality = series, study, "phantom", "CT"
        file.ImagePositionPatient, file.ImageOrientationPatient = [0, 0, number * SPACING_MM[0]], [1, 0, 0, 0, 1, 0]
        file.PixelSpacing, file.InstanceNumber = list(SPACING_MM[1:]), number + 1
        file.Rows, file.Columns, file.SamplesPerPixel, file.PhotometricInterpretation = 512, 512, 1, "MONOCHROME2"
        file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 0
        file.RescaleSlope, file.RescaleIntercept = 1, -1024
        file.PixelData = (slice_of(number).astype(np.int32) + 1024).astype(np.uint16).tobytes()
        file["PixelData"].VR = "OW"
        file.save_as(folder / f"{number}.dcm", enforce_file_format=True)


def draw_clip(path: Path) -> None:
    """Ten minutes of a drawn clip: noise that is moved about."""
    import av

    width, height = FRAME
    ground = np.random.default_rng(3).integers(0, 255, (height // 8 + 64, width // 8 + 64, 3), dtype=np.uint8)
    ground = ground.repeat(8, axis=0).repeat(8, axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(MINUTES * 60 * RATE):
            top, left = number % 480, number * 3 % 480
            frame = av.VideoFrame.from_ndarray(ground[top : top + height, left : left + width], format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@dataclass(frozen=True)
class Cost:
    """What a process took.

    Args:
        seconds: of the reading, without starting Python.
        before_mb: peak memory when the libraries were loaded.
        peak_mb: peak memory at the end.
    """

    seconds: float
    before_mb: float
    peak_mb: float


def peak_mb() -> float:
    """Peak memory of this process since it began; Linux only."""
    # Not getrusage: that keeps the peak of the process that started this one.
    said = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(said["VmHWM"].split()[0]) / 1024


def ours(path: str, choice: str, size: str) -> None:
    """Read a stack as the program does."""
    from readingroom.cases.stacks.choice import parse_stack
    from readingroom.cases.stacks.pixels import stack_pixels

    stack_pixels(path.replace("POINT", "@190,190,300"), parse_stack(json.loads(choice)), size=int(size))


def by_nibabel(path: str, choice: str, size: str) -> None:
    """The peer for NIfTI: all voxels as floating point, cropped where a patch is wanted, then zoomed."""
    import nibabel
    from scipy.ndimage import zoom

    values = nibabel.load(path.replace("POINT", "")).get_fdata()
    wanted = wanted_mm(choice, int(size))
    if "POINT" in path:
        values = values[210:296, 210:296, 268:332]
    zoom(values, [has / want for has, want in zip(SPACING_MM[::-1], wanted[::-1], strict=True)], order=1)


def wanted_mm(choice: str, size: int) -> list[float]:
    """Spacing that a choice asks for, or that brings the whole CT to its planes."""
    spacing: list[float] | None = json.loads(choice).get("spacing")
    across = 512 / size * SPACING_MM[1]
    return spacing or [CT[0] / json.loads(choice)["planes"], across, across]


def by_simpleitk(path: str, choice: str, size: str) -> None:
    """The peer for DICOM: SimpleITK's reader and resampler."""
    import SimpleITK as sitk  # noqa: N813 - as its own documents call it

    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(path.replace("POINT", "")))
    image = reader.Execute()
    wanted = wanted_mm(choice, int(size))
    counts = [round(n * has / want) for n, has, want in zip(CT[::-1], SPACING_MM[::-1], wanted[::-1], strict=True)]
    sitk.Resample(image, counts, sitk.Transform(), sitk.sitkLinear, image.GetOrigin(), wanted[::-1])


def by_decoding_all(path: str, choice: str, size: str) -> None:
    """The peer for clips: every frame decoded, those wanted kept."""
    import av

    wanted = set(np.rint(np.linspace(0, MINUTES * 60 * RATE - 1, json.loads(choice)["planes"])).astype(int).tolist())
    with av.open(path) as container:
        kept = [one.to_ndarray(format="rgb24") for at, one in enumerate(container.decode(video=0)) if at in wanted]
    assert len(kept) == len(wanted), size


READERS: dict[str, Callable[[str, str, str], None]] = {
    "ours": ours,
    "nibabel": by_nibabel,
    "SimpleITK": by_simpleitk,
    "PyAV": by_decoding_all,
}


def loaded(reader: str) -> None:
    """Import what a reader needs, so that its memory is known before."""
    mine = ("readingroom.cases.stacks.pixels", "nibabel", "av", "pydicom.pixels")
    theirs = {"nibabel": ("nibabel", "scipy.ndimage"), "SimpleITK": ("SimpleITK",), "PyAV": ("av",)}
    for name in theirs.get(reader, mine):
        import_module(name)


def alone(reader: str, path: str, choice: str, size: str) -> None:
    """What the process does: one reading, its cost printed."""
    loaded(reader)
    before, began = peak_mb(), time.perf_counter()
    READERS[reader](path, choice, size)
    print(json.dumps([time.perf_counter() - began, before, peak_mb()]))


def cost(reader: str, path: str, choice: dict[str, object], size: int, rounds: int) -> Cost:
    """Median cost of a reading in processes of its own."""
    command = [sys.executable, "-m", "benchmarks.stacks", "--alone", reader, path, json.dumps(choice), str(size)]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(rounds)]
    seconds, before, peak = (median(column) for column in zip(*runs, strict=True))
    return Cost(seconds, before, peak)


def compare(what: str, peer: str, path: str, choice: dict[str, object], size: int, rounds: int) -> tuple[Row, str]:
    """A row of the table (stacks a second), and what each took in memory."""
    mine, theirs = cost("ours", path, choice, size, rounds), cost(peer, path, choice, size, rounds)
    said = f"{what}: peak {mine.peak_mb:,.0f} MB ({mine.before_mb:,.0f} of them libraries), {mine.seconds:.1f} s; "
    said += f"{peer}: peak {theirs.peak_mb:,.0f} MB ({theirs.before_mb:,.0f}), {theirs.seconds:.1f} s"
    print(said, flush=True)
    return Row(f"{what}, against {peer}", 60 / mine.seconds, 60 / theirs.seconds), said


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.alone:
        alone(*chosen.alone)
        return
    with tempfile.TemporaryDirectory() as temporary:
        _report(Path(temporary), chosen.rounds)


def _report(folder: Path, rounds: int) -> None:
    nifti, packed, series, clip = (folder / name for name in ("ct.nii", "ct.nii.gz", "series", "clip.mp4"))
    for draw, path in ((draw_nifti, nifti), (draw_nifti, packed), (draw_series, series), (draw_clip, clip)):
        draw(path)
    pairs = [
        compare("NIfTI, patch of 32 x 64 x 64", "nibabel", f"{nifti}POINT", PATCH, 64, rounds),
        compare("NIfTI, body at 6 x 3 x 3 mm", "nibabel", str(nifti), BODY, 128, rounds),
        compare("NIfTI, whole at 128 x 256 x 256", "nibabel", str(nifti), WHOLE, 256, rounds),
        compare("NIfTI compressed, body", "nibabel", str(packed), BODY, 128, rounds),
        compare("DICOM series, body", "SimpleITK", str(series), BODY, 128, rounds),
        compare("clip, 16 of 15 000 frames", "PyAV", str(clip), FRAMES, 224, rounds),
    ]
    megabytes = np.prod(CT) * 2 / 2**20
    report(
        "stacks",
        "Reading the largest stacks, from files to the planes that a network sees",
        "stacks/min",
        [row for row, _ in pairs],
        [
            f"CT of {' x '.join(map(str, CT))} voxels, 16 bit ({megabytes:,.0f} MB); clip of {MINUTES} min at {RATE} "
            f"frames/s, {FRAME[0]} x {FRAME[1]} (H.264); all drawn",
            "peak memory is that of a whole process, Python and libraries included",
            *[said for _, said in pairs],
            "nibabel: get_fdata and scipy.ndimage.zoom, order 1; a patch is cropped before",
            "SimpleITK: ImageSeriesReader and Resample, linear; PyAV: every frame decoded, the wanted ones kept",
            "peers neither average where the grid is coarser nor window; that the voxels, millimetres and interpolated "
            "values are the same as SimpleITK's is tested on a real head (tests/cases/test_stacks_real.py)",
            f"median of {rounds} processes each",
        ],
    )


if __name__ == "__main__":
    main()
