"""Near-duplicates: images of the same scene, found by their descriptors and joined to groups."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
import scipy.fft
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from readingroom.cases.descriptor import SIDE, fill_gaps
from readingroom.cases.stacks.place import split_place

SIMILAR = 0.66
"""Least similarity of a pair of near-duplicates; `find_duplicates` says how it was chosen."""

LARGEST_SHARE = 0.1
"""A group may hold this share of all images (or 50, if that is more) before it is suspected to be a chain."""

_LARGEST_COUNT = 50
_COARSE = 0.70
"""Least coarse correlation for which the fine one is computed."""
_COLOUR = 0.12
"""Largest difference of the logarithm of the ratios red : green and green : blue."""
_STEP = 0.04
_BLOCK = 1024
_FINE_SIGMA = 1.7
_SHIFT = 4
_SAMPLED, _SAMPLE_SEED, _LEAST_SAMPLED = 20_000, 7, 20
"""Pairs of images at most by which the usual similarity is judged, their seed, and least images among them."""
_LARGEST_ALIKE = 0.005
_STANDS_OUT = 5.0
_QUARTILES_APART = 1.349
"""Of a normal distribution, in standard deviations."""
_PADDED = 40  # 32 cells and twice the shift: what leaves on one side does not come in on the other


@dataclass(frozen=True)
class Duplicates:
    """Near-duplicates of a catalogue.

    Args:
        groups: number of the group of each image, by image; an image like no other is a group of its own. Images that
            could not be read are groups of their own too.
        pairs: one row a pair, the most similar first: ``a``, ``b`` (images), ``distance`` (differing bits of the 64 of
            the perceptual hash), ``similarity`` (0 to 1), ``exact`` (same pixels), ``linked`` (the pair joins
            its images to one group; false only where a chain was cut).
        cut: groups that were cut because they had become chains.
        similar: least similarity that was asked of a pair.
    """

    groups: pd.Series
    pairs: pd.DataFrame
    cut: int = 0
    similar: float = SIMILAR


def find_duplicates(
    catalogue: pd.DataFrame, *, patients: pd.Series | None = None, similar: float = SIMILAR
) -> Duplicates:
    """Find the images that show the same scene, and join them to groups.

    The similarity of two images is the mean of two correlations of their views' luminance: a coarse one (16 x 16
    cells, as a perceptual hash sees them) and a fine one (32 x 32 cells, illumination removed, the best of all
    shifts by up to 4 cells). Images whose colour differs are no pair. A pair of the same pixels is always one.

    Images of standard views (a chest film, an axial slice) are alike whoever they are of. Where patients are known and
    more than one pair of two hundred of different patients is similar, a pair has to stand out among these: by five
    standard deviations (of Fisher's z; from the quartiles, so that true duplicates hardly move it).

    Turned, mirrored or strongly zoomed copies are not looked for. Places in one volume are joined, and are no pair.

    Args:
        catalogue: of `catalogue_images`: ``image, readable, pixels_hash, phash, thumbnail, red, green, blue``.
        patients: of each image, by image; None where no patient is known.
        similar: least similarity. Chosen by eye on 1 205 real colonoscopy images: of 60 random pairs between 0.64
            and 0.68 one showed two scenes, of 60 between 0.60 and 0.64 eight did. The 64-bit hash alone, at 10
            differing bits, would have found half of the pairs.

    Returns:
        Groups and pairs.
    """
    readable = catalogue[catalogue["readable"].astype(bool)].reset_index(drop=True)
    found = _exact_pairs(readable["pixels_hash"].to_numpy(dtype=object))
    if len(readable) > 1:
        shown = _shown(readable)
        if patients is not None:
            similar = max(similar, _standing_out(shown, readable["image"].map(patients), similar))
        near = _near_pairs(shown, similar)
        found = pd.concat([found, near], ignore_index=True).drop_duplicates(["i", "j"]).reset_index(drop=True)
    labels, linked, cut = _join(found, len(readable))
    pairs = _describe_pairs(readable, found.assign(linked=linked))
    return Duplicates(_all_groups(catalogue, readable, labels), pairs, cut, similar)


@dataclass(frozen=True)
class _Shown:
    """What images are compared by: coarse vectors (N, 256), fine spectra (N, 40, 21), ratios of colours (N, 2)."""

    coarse: np.ndarray
    fine: np.ndarray
    ratios: np.ndarray


def _shown(catalogue: pd.DataFrame) -> _Shown:
    cells = _thumbnails(catalogue)
    colours = np.log(catalogue[["red", "green", "blue"]].to_numpy(float) + 4.0)
    ratios = np.stack([colours[:, 0] - colours[:, 1], colours[:, 1] - colours[:, 2]], axis=1).astype(np.float32)
    return _Shown(_coarse_vectors(cells), _fine_spectra(cells), ratios)


def _standing_out(shown: _Shown, patients: pd.Series, similar: float) -> float:
    """Least similarity at which a pair stands out among those of different patients; 0 where these are not alike."""
    rng = np.random.default_rng(_SAMPLE_SEED)
    i, j = rng.integers(0, len(patients), (2, _SAMPLED))
    whose = patients.to_numpy(dtype=object)
    other = (whose[i] != whose[j]) & pd.notna(whose[i]) & pd.notna(whose[j])
    i, j = i[other], j[other]
    if len(np.unique(np.stack([i, j]))) < _LEAST_SAMPLED:
        return 0.0
    alike = ((shown.coarse[i] * shown.coarse[j]).sum(axis=1) + _fine_correlation(shown.fine, i, j)) / 2
    if (alike >= similar).mean() <= _LARGEST_ALIKE:
        return 0.0
    z = np.arctanh(np.clip(alike, -0.999, 0.999))
    low, middle, high = np.quantile(z, [0.25, 0.5, 0.75])
    return float(np.tanh(middle + _STANDS_OUT * (high - low) / _QUARTILES_APART))


def _near_pairs(shown: _Shown, similar: float) -> pd.DataFrame:
    """Rows ``i, j, similarity, exact`` with i < j."""
    candidates = _candidates(shown.coarse, shown.ratios, 2 * similar - 1)
    fine = _fine_correlation(shown.fine, candidates["i"].to_numpy(), candidates["j"].to_numpy())
    near = candidates.assign(similarity=(candidates["coarse"] + fine) / 2, exact=False).drop(columns="coarse")
    return pd.DataFrame(near[near["similarity"] >= similar])


def _thumbnails(catalogue: pd.DataFrame) -> np.ndarray:
    raw = b"".join(catalogue["thumbnail"])
    return np.frombuffer(raw, np.uint8).reshape(-1, SIDE, SIDE)


def _exact_pairs(hashes: np.ndarray) -> pd.DataFrame:
    """Each image with the first that has the same pixels: enough to join them, and not n squared of them."""
    codes, _ = pd.factorize(hashes)
    _, first = np.unique(codes, return_index=True)
    firsts = first[codes]
    later = np.flatnonzero(firsts != np.arange(len(codes)))
    return pd.DataFrame(
        {"i": firsts[later].astype(np.int64), "j": later.astype(np.int64), "similarity": 1.0, "exact": True}
    )


def _coarse_vectors(cells: np.ndarray) -> np.ndarray:
    """(N, 256) float32 of mean 0 and length 1; zero for an image without structure."""
    half = SIDE // 2
    vectors = fill_gaps(cells).reshape(-1, half, 2, half, 2).mean(axis=(2, 4)).reshape(len(cells), -1)
    return _unit(vectors - vectors.mean(axis=1, keepdims=True), least=half * 1.0)


def _unit(vectors: np.ndarray, least: float) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(length < least, 0, vectors / np.maximum(length, 1e-6)).astype(np.float32)


def _candidates(vectors: np.ndarray, ratios: np.ndarray, least: float) -> pd.DataFrame:
    """Pairs ``i, j, coarse`` alike in coarse structure and colour, by blocks of rows so that memory stays small."""
    found: list[pd.DataFrame] = []
    for start in range(0, len(vectors), _BLOCK):
        coarse = vectors[start : start + _BLOCK] @ vectors[start:].T
        rows, columns = np.nonzero(coarse >= max(_COARSE, least))
        upper = columns > rows
        rows, columns = rows[upper], columns[upper]
        near = (np.abs(ratios[start + rows] - ratios[start + columns]) < _COLOUR).all(axis=1)
        rows, columns = rows[near], columns[near]
        found.append(pd.DataFrame({"i": rows + start, "j": columns + start, "coarse": coarse[rows, columns]}))
    return pd.concat(found, ignore_index=True)


def _fine_spectra(cells: np.ndarray) -> np.ndarray:
    """Spectra (N, 40, 21) complex64 of the structure that is left when illumination is removed."""
    detail = np.stack([_detail(image, known) for image, known in zip(fill_gaps(cells), cells > 0, strict=True)])
    unit = _unit(detail.reshape(len(cells), -1), least=SIDE * 0.01).reshape(detail.shape)
    return np.asarray(scipy.fft.rfft2(unit, s=(_PADDED, _PADDED), workers=-1))


def _detail(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Logarithm of the luminance minus its neighbourhood; zero at the rim of the view, where lenses darken alike."""
    weight = known.astype(np.float32)
    logarithm = np.log(image + 8.0)
    near = _blur(logarithm * weight) / np.maximum(_blur(weight), 1e-3)
    within = cv2.erode(weight, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray((logarithm - near) * within)


def _blur(cells: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(cells, (0, 0), _FINE_SIGMA, borderType=cv2.BORDER_CONSTANT))


def _fine_correlation(spectra: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Best correlation over all shifts of up to 4 cells, of each pair."""
    best = np.zeros(len(i), np.float32)
    near = np.r_[0 : _SHIFT + 1, _PADDED - _SHIFT : _PADDED]
    for start in range(0, len(i), _BLOCK):
        part = slice(start, start + _BLOCK)
        products = spectra[i[part]] * spectra[j[part]].conj()
        shifted = scipy.fft.irfft2(products, s=(_PADDED, _PADDED), workers=-1)
        best[part] = shifted[:, near][:, :, near].max(axis=(1, 2))
    return best


def _join(pairs: pd.DataFrame, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Groups as connected components. One that is too large is a chain: its weakest pairs are let go until it parts."""
    linked = np.ones(len(pairs), bool)
    largest = max(_LARGEST_COUNT, int(LARGEST_SHARE * count))
    similarity, exact = pairs["similarity"].to_numpy(float), pairs["exact"].to_numpy(bool)
    i = pairs["i"].to_numpy(np.int64)
    chains: set[int] = set()
    limit = similarity.min(initial=1.0)
    while True:
        labels = _components(pairs, linked, count)
        too_large = np.flatnonzero(np.bincount(labels, minlength=1) > largest)
        weak = linked & ~exact & np.isin(labels[i], too_large)
        if not weak.any():
            return labels, linked, len(chains)
        if not chains:
            chains = set(too_large.tolist())
        limit += _STEP
        linked[weak & (similarity < limit)] = False


def _components(pairs: pd.DataFrame, linked: np.ndarray, count: int) -> np.ndarray:
    i, j = pairs["i"].to_numpy(np.int64)[linked], pairs["j"].to_numpy(np.int64)[linked]
    graph = coo_array((np.ones(len(i), np.int8), (i, j)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def _describe_pairs(catalogue: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    images = catalogue["image"].to_numpy(dtype=object)
    hashes = np.array([int(text, 16) for text in catalogue["phash"]], np.uint64)
    i, j = found["i"].to_numpy(np.int64), found["j"].to_numpy(np.int64)
    files = catalogue["image"].map(lambda image: str(split_place(image)[0])).to_numpy(dtype=object)
    described = pd.DataFrame(
        {
            "a": pd.Series(images[i], dtype="str"),
            "b": pd.Series(images[j], dtype="str"),
            "distance": np.bitwise_count(hashes[i] ^ hashes[j]).astype(np.int64),
            "similarity": found["similarity"].to_numpy(float).round(4),
            "exact": found["exact"].to_numpy(bool),
            "linked": found["linked"].to_numpy(bool),
        }
    )
    apart = pd.DataFrame(described[files[i] != files[j]])
    return apart.sort_values(["similarity", "a", "b"], ascending=[False, True, True], ignore_index=True)


def _all_groups(catalogue: pd.DataFrame, readable: pd.DataFrame, labels: np.ndarray) -> pd.Series:
    known = dict(zip(readable["image"], labels.tolist(), strict=True))
    own = len(labels)
    numbers: list[int] = []
    for image in catalogue["image"]:
        numbers.append(known.get(image, own))
        own += image not in known
    return pd.Series(numbers, index=pd.Index(catalogue["image"], name="image"), name="group", dtype="int64")
