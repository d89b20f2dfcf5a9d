"""The readers of a study: each is trained for each fold and repeat, then reads; what is done already is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.cases.partition import copies_made
from readingroom.core.errors import LeakageError, Problem, ReadingRoomError, StudyFileError
from readingroom.core.files import hash_file, hash_value
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed
from readingroom.core.tables import read_facts, write_parquet
from readingroom.reading.bundle import LEARNED_COLUMNS, READER_FILE, ReaderBundle, learned_from, load_bundle, overlap
from readingroom.reading.combined import CombinedReader, save_combined
from readingroom.reading.engine import open_engine
from readingroom.reading.features.head import shows_places
from readingroom.reading.pipeline import Unread, read_images
from readingroom.study.box_readings import as_class_readings, find_boxes
from readingroom.study.features import FeatureReaders
from readingroom.study.folder import RunFolder
from readingroom.study.heat_maps import HeatMaps
from readingroom.study.intake import Intake
from readingroom.study.mark_readings import find_marks
from readingroom.study.outline_readings import as_readings, outline_images
from readingroom.study.outlines import UNKNOWN as NOT_KNOWN
from readingroom.study.outlines import Outlines
from readingroom.study.planes import PlanesShown
from readingroom.study.preparation import Preparation
from readingroom.study.reader_section import CombineSection, ReaderSection
from readingroom.study.schema import StudyFile
from readingroom.study.search import Found, Search
from readingroom.study.search_section import with_values
from readingroom.study.shuffled import deal_boxes, deal_labels, deal_points
from readingroom.study.went_by import WentBy
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.boxing import PreparedBoxes
from readingroom.training.checkpoint import Checkpoint
from readingroom.training.features.reader import FeaturesPlan
from readingroom.training.marking import PreparedPoints, of_shares, shares_of
from readingroom.training.objectives import Examples
from readingroom.training.prepared import PreparedImages
from readingroom.training.prepared_volumes import PreparedVolumes
from readingroom.training.reader import ReaderPlan, TrainingData, train_reader

_Lesions = PreparedBoxes | PreparedPoints | None

READ_SPLITS = ("validation", "test", "external")
MAX_LEAKS = 10


@dataclass(frozen=True)
class Job:
    """One training: a reader in a fold and a repeat, both counted from 1."""

    section: ReaderSection
    fold: int
    repeat: int


@dataclass(frozen=True)
class Readers:
    """Trains and applies the readers of one study.

    Args:
        study: the study file.
        base: folder that paths of the study file are relative to.
        intake: the audited cases.
        folder: of the run.
        force: test a reader even on images that it learned from.
        progress: where it is reported.
    """

    study: StudyFile
    base: Path
    intake: Intake
    folder: RunFolder
    force: bool
    progress: Progress

    @cached_property
    def _hashes(self) -> pd.Series:
        """Hash of the pixels of each image."""
        return self.intake.catalogue.set_index("image")["pixels_hash"]

    def run(self) -> dict[str, dict[str, Any]]:
        """Train and read; returns the facts of every reader by name for the manifest."""
        for section in self.study.reader_list:
            for job in self._jobs(section):
                self._leaks(job)  # refuses the last reader before the first is trained
        made = self._preparation
        prepared, outlines, lesions = made.images(), made.outlines(), made.boxes() or made.points()
        facts: dict[str, dict[str, Any]] = {}
        trained: dict[str, tuple[Path, ReaderBundle]] = {}
        tell: dict[str, tuple[Path, ReaderBundle]] = {}
        for section in self.study.reader_list:
            parts = [self._one(job, prepared, outlines, lesions) for job in self._jobs(section)]
            self._write_readings(section.reader_name, parts)
            facts[section.reader_name] = parts[0].facts | {
                "leaks": sorted({one for part in parts for one in part.leaks})
            }
            trained[section.reader_name] = parts[0].where, parts[0].bundle
            searches = [part.bundle.facts["search"] | {"fold": part.job.fold} for part in parts if part.searched]
            facts[section.reader_name] |= {"searches": searches} if searches else {}
            if section.decoder is None and section.detector is None and self.study.input.stack is None:
                tell[section.reader_name] = trained[section.reader_name]
        self._explain({name: one for name, one in tell.items() if shows_places(one[1])})
        went_by = WentBy(self._features, self.study.explain, self.study.partition.seed, self.progress)
        went_by.write({name: one for name, one in tell.items() if one[1].features is not None})
        self._weigh({name: one for name, one in trained.items() if one[1].pool is not None}, prepared)
        return facts | {one.name: self._combine(one, facts) for one in self.study.combine}

    @cached_property
    def _preparation(self) -> Preparation:
        return Preparation(self.study, self.base, self.intake, self.folder, self.progress)

    def _explain(self, readers: dict[str, tuple[Path, ReaderBundle]]) -> None:
        """Heat maps of the readers that tell classes apart, by name; of the first fold and repeat."""
        section, intake, seed = self.study.explain, self.intake, self.study.partition.seed
        if section is not None:
            HeatMaps(section, seed, self.folder, intake.cases.root, intake.key, self.progress).draw(readers)

    def _weigh(self, readers: dict[str, tuple[Path, ReaderBundle]], prepared: PreparedImages | PreparedVolumes) -> None:
        """What each plane counted in the answers of readers with a pool; of the first fold and repeat."""
        section, intake, seed = self.study.explain, self.intake, self.study.partition.seed
        if section is not None and readers and isinstance(prepared, PreparedImages):
            rows = {str(image): row for row, image in enumerate(intake.cases.frame["image"])}
            PlanesShown(section.images, seed, self.folder, prepared, rows, intake.key, self.progress).write(readers)

    def _combine(self, section: CombineSection, facts: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """A reader made of two: its bundle, its readings and its outlines are theirs under one name."""
        counts = {"folds": len(self.intake.folds), "repeats": self.study.training.repeats}
        for fold in self.intake.folds:
            for repeat in range(1, counts["repeats"] + 1):
                says, draws = (
                    self.folder.reader(n, fold, repeat, **counts) for n in (section.classes, section.outlines)
                )
                own = self.folder.reader(section.name, fold, repeat, **counts)
                save_combined(own, CombinedReader(section.name, says, draws))
        readings = pd.read_parquet(self.folder.readings(section.classes))
        outlined = pd.read_parquet(self.folder.outlined(section.outlines))
        times = outlined.set_index(["image", "fold", "repeat"])["time_ms"]
        keys = pd.MultiIndex.from_frame(readings[["image", "fold", "repeat"]])
        readings["time_ms"] += times.reindex(keys).fillna(0.0).to_numpy()
        write_parquet(readings.assign(reader=section.name), self.folder.readings(section.name), kind="readings")
        write_parquet(outlined.assign(reader=section.name), self.folder.outlined(section.name), kind="outlines")
        says_facts, draws_facts = facts[section.classes], facts[section.outlines]
        seconds = says_facts["training_seconds"] + draws_facts["training_seconds"]
        parameters = says_facts["parameters"] + draws_facts["parameters"]
        return says_facts | {
            "network": f"{says_facts['network']} + {draws_facts['network']}",
            "combined": {"classes": section.classes, "outlines": section.outlines},
            "training_seconds": seconds,
            "parameters": parameters,
            "folder": section.name,
            "leaks": sorted({*says_facts["leaks"], *draws_facts["leaks"]}),
        }

    def _jobs(self, section: ReaderSection) -> Iterator[Job]:
        for fold in self.intake.folds:
            for repeat in range(1, self.study.training.repeats + 1):
                yield Job(section, fold, repeat)

    def _one(
        self, job: Job, prepared: PreparedImages | PreparedVolumes, outlines: PreparedImages | None, lesions: _Lesions
    ) -> _Part:
        section = job.section
        if section.features is not None:
            return self._by_features(job, prepared)
        needed = lesions if section.detector is not None or self.study.helped(section) else None
        data = self._data(job, prepared, outlines if section.decoder is not None else None, needed)
        searched = self._searched(job, data)
        plan = self._plan(job) if searched is None else with_values(self._plan(job), searched.values)
        key = hash_value([plan.as_dict(), data.key, _origin_hash(plan.weights)])
        where = self._where(plan.name, job)
        bundle = _finished(where, key)
        if bundle is None:
            facts = {"study": self.study.study, "fold": job.fold, "repeat": job.repeat}
            facts |= {} if searched is None else {"search": searched.facts}
            bundle = train_reader(plan, data, where, key=key, facts=facts, progress=self.progress)
        else:  # a run that was killed just after it had written the bundle left this
            Checkpoint(where / "checkpoint", key).remove()
        return _Part(job, where, bundle, self._leaks(job))

    def _searched(self, job: Job, data: TrainingData) -> Found | None:
        """The best values of a fold, looked for with its first repeat; None where the study searches none."""
        if self.study.search is None:
            return None
        first = replace(job, repeat=1)
        where = self._where(job.section.reader_name, first)
        return Search(self.study.search, self._plan(first), data, where, self.progress).run()

    @cached_property
    def _features(self) -> FeatureReaders:
        return FeatureReaders(self.intake, self.folder, self.progress)

    def _by_features(self, job: Job, prepared: PreparedImages | PreparedVolumes) -> _Part:
        data, plan = self._data(job, prepared, None, None), self._features_plan(job)
        key = hash_value([self._features.key(plan, data), _origin_hash(plan.weights)])
        where = self._where(plan.name, job)
        bundle = _finished(where, key)
        if bundle is None:
            facts = {"study": self.study.study, "fold": job.fold, "repeat": job.repeat}
            stacked = {name: self._where(name, job) for name in plan.section.scores}
            bundle = self._features.train(plan, data, where, key=key, facts=facts, stacked=stacked)
        return _Part(job, where, bundle, self._leaks(job))

    def _where(self, name: str, job: Job) -> Path:
        """Folder of a training's bundle."""
        counts = {"folds": len(self.intake.folds), "repeats": self.study.training.repeats}
        return self.folder.reader(name, job.fold, job.repeat, **counts)

    def _features_plan(self, job: Job) -> FeaturesPlan:
        section, study, classes = job.section, self.study, self.intake.cases.classes
        assert section.features is not None
        recipe = section.recipe(study.training)
        return FeaturesPlan(
            name=section.reader_name,
            section=section.features,
            network=section.backbone,
            weights=section.start(self.base) if section.backbone else "",
            classes=classes,
            positive=study.positive_of(classes),
            threshold=study.evaluation.threshold,
            balanced=recipe.balance is not None,
            seed=self._seed(job),
            shuffled=recipe.shuffled,
        )

    def _plan(self, job: Job) -> ReaderPlan:
        section, study = job.section, self.study
        augmentation = study.augmentation if section.augmentation is None else section.augmentation
        recipe = section.recipe(study.training)
        # As published, the study's augmentation was done before the split: training draws nothing more.
        scheme = study.partition
        copied = copies_made(scheme.protocol, scheme.copies, scheme.column) > 0
        published = copied and section.augmentation is None
        classes = self.intake.cases.classes
        return ReaderPlan(
            name=section.reader_name,
            network=section.backbone,
            weights=section.start(self.base),
            train=section.train,
            head=section.head,
            classes=classes,
            positive=study.positive_of(classes),
            recipe=recipe,
            augmentation=None if published or augmentation == AugmentationSection() else augmentation,
            threshold=study.evaluation.threshold,
            seed=self._seed(job),
            outlines=section.outlines,
            outline_threshold=study.evaluation.outline_threshold,
            boxes=section.boxes(study.hit),
            box_threshold=study.evaluation.box_threshold,
            marks=section.marks(study.evaluation.hit_distance_mm),
            ordered=section.ordered,
            pool=section.pool,
        )

    def _seed(self, job: Job) -> int:
        seed = job.section.recipe(self.study.training).seed
        return seed if job.repeat == 1 else derive_seed(seed, "repeat", job.repeat)

    def _data(
        self, job: Job, prepared: PreparedImages | PreparedVolumes, outlines: PreparedImages | None, lesions: _Lesions
    ) -> TrainingData:
        cases = self.intake.cases
        splits = self.intake.splits(job.fold)
        codes = {name: code for code, name in enumerate(cases.classes)}
        targets = np.array([codes[name] for name in cases.frame["label"]], dtype=np.int64)
        splits = splits.where(self._seen(job.section), "")
        training, validation = _rows(splits, "training"), _rows(splits, "validation")
        if outlines is not None and not job.section.classify:
            training, validation = (self._with_outline(rows, job) for rows in (training, validation))
        if lesions is not None and job.section.detector is not None:
            training, validation = (_with_lesions(rows, lesions, job) for rows in (training, validation))
        if job.section.recipe(self.study.training).shuffled:
            groups = self.intake.reading_facts(job.fold)["group"].to_numpy()
            targets = deal_labels(targets, groups, (training, validation), self._seed(job))
            if isinstance(lesions, PreparedBoxes):
                lesions = self._dealt(lesions, (training, validation), job)
            if isinstance(lesions, PreparedPoints) and isinstance(prepared, PreparedVolumes):
                dealt = deal_points(shares_of(lesions, prepared), groups, (training, validation), self._seed(job))
                lesions = of_shares(dealt, prepared)
        examples = Examples(training, validation, targets, len(cases.classes))
        preprocessing, prepared = self._preparation.contract_of(prepared, examples.training)
        learned = self._learned(job)
        boxes = lesions if isinstance(lesions, PreparedBoxes) else None
        points = lesions if isinstance(lesions, PreparedPoints) else None
        return TrainingData(prepared, examples, preprocessing, learned, self.folder.prepared, outlines, boxes, points)

    def _dealt(self, boxes: PreparedBoxes, parts: tuple[npt.NDArray[np.int64], ...], job: Job) -> PreparedBoxes:
        catalogue = self.intake.catalogue.set_index("image").loc[self.intake.cases.frame["image"]]
        sizes = list(zip(catalogue["width"].tolist(), catalogue["height"].tolist(), strict=True))
        return deal_boxes(boxes, sizes, parts, self._seed(job))

    def _seen(self, section: ReaderSection) -> pd.Series:
        """Which cases concern a reader: copies made before the division only one without an augmentation of its own."""
        frame = self.intake.cases.frame
        everything = pd.Series(data=True, index=frame.index)
        return everything if section.augmentation is None or "copy_of" not in frame else frame["copy_of"].isna()

    def _with_outline(self, rows: npt.NDArray[np.int64], job: Job) -> npt.NDArray[np.int64]:
        """Those of some rows whose outline is known, no lesion included."""
        images = self.intake.cases.frame["image"]
        state = self.intake.outlines.state if self.intake.outlines is not None else {}
        kept = np.array([row for row in rows if state.get(images[row], NOT_KNOWN) != NOT_KNOWN], dtype=np.int64)
        if len(rows) and not len(kept):
            raise StudyFileError(
                f"{job.section.reader_name}: no image of a part has an outline that can be used",
                fix="See outlines in audit.json",
                field="readers.decoder",
            )
        return kept

    def _learned(self, job: Job) -> pd.DataFrame:
        """The images that a training sees, in the columns of a bundle's record."""
        images, splits = self.intake.cases.frame["image"], self.intake.splits(job.fold)
        seen = splits.isin(["training", "validation"]) & self._seen(job.section)
        return pd.DataFrame(
            {
                "image": images[seen],
                "pixels_hash": self._hashes.loc[images[seen]].to_numpy(),
                "split": splits[seen],
                "study": self.study.study,
            },
            columns=list(LEARNED_COLUMNS),
        )

    def _leaks(self, job: Job) -> list[str]:
        """Images to be tested on that this reader learns from, or that its pre-training learned from."""
        learned, weights = self._learned(job), job.section.start(self.base) if job.section.network else ""
        if weights and Path(weights).is_dir():
            learned = pd.concat([learned, learned_from(weights)], ignore_index=True)
        splits = self.intake.splits(job.fold)
        tested = self.intake.cases.frame.loc[splits.isin(["test", "external"]), "image"]
        hashes = self._hashes.loc[tested]
        found = overlap(learned, hashes.tolist())
        if len(found) and not self.force and self.study.partition.protocol == "sound":
            raise _leakage(job.section.reader_name, found)
        return sorted(hashes.index[hashes.isin(set(found["pixels_hash"]))])

    def _write_readings(self, name: str, parts: list[_Part]) -> None:
        folder = self.folder
        places = {"outlines": folder.outlined(name), "boxes": folder.boxes(name), "points": folder.points(name)}
        places["readings"] = folder.readings(name)
        keys = [[part.bundle.facts["key"], part.bundle.facts["weights_sha256"]] for part in parts]
        key = hash_value([keys, self.intake.key])
        if _are_written(places, key):
            return
        read = [self._read(part) for part in parts]
        given = [kind for kind in places if any(kind in found for found in read)]
        for kind in given:
            tables = [found[kind] for found in read if kind in found]
            # Each table names all of them: a run that is killed between two of them is not complete.
            facts = {"key": key, "tables": ",".join(given)}
            write_parquet(pd.concat(tables, ignore_index=True), places[kind], kind=kind, facts=facts)

    def _read(self, part: _Part) -> dict[str, pd.DataFrame]:
        """What the reader gives of every image to be read: ``readings``, and ``outlines``, ``boxes`` or ``points``."""
        cases = self.intake.cases
        chosen = self.intake.splits(part.job.fold).isin(READ_SPLITS) & self._seen(part.job.section)
        images = cases.frame.loc[chosen, "image"].tolist()
        if part.bundle.outlines is not None and self.intake.outlines is not None:
            return self._outline(part, images, self.intake.outlines)
        if part.bundle.boxes is not None:
            return self._found(part, "boxes", *find_boxes(part.where, part.bundle, images, cases.root, self.progress))
        if part.bundle.marks is not None:
            return self._found(part, "points", *find_marks(part.where, part.bundle, images, cases.root, self.progress))
        if part.bundle.features is not None:
            job = part.job
            readings, unread = self._features.read(part.where, part.bundle, images, job.fold, job.repeat)
            _refuse_unread(unread)
            return {"readings": self._with_facts(readings, part)}
        engine = open_engine(part.where, part.bundle, images=len(images))
        readings, unread = read_images(part.bundle, engine, images, cases.root, progress=self.progress)
        _refuse_unread(unread)
        return {"readings": self._with_facts(readings, part)}

    def _found(self, part: _Part, kind: str, found: pd.DataFrame, unread: list[Unread]) -> dict[str, pd.DataFrame]:
        _refuse_unread(unread)
        readings = as_class_readings(found, part.bundle)
        given = {kind: self._with_facts(found, part)}
        return given if readings is None else given | {"readings": self._with_facts(readings, part)}

    def _outline(self, part: _Part, images: list[str], outlines: Outlines) -> dict[str, pd.DataFrame]:
        job = part.job
        folds, repeats = len(self.intake.folds), self.study.training.repeats
        folder = self.folder.masks(part.bundle.name, job.fold, job.repeat, folds=folds, repeats=repeats)
        outlined, unread = outline_images(part.where, part.bundle, images, outlines, folder, self.progress)
        _refuse_unread(unread)
        outlined["mask"] = [(folder / name).relative_to(self.folder.path).as_posix() for name in outlined["mask"]]
        readings = as_readings(outlined, part.bundle)
        given = {"outlines": self._with_facts(outlined, part)}
        return given if readings is None else given | {"readings": self._with_facts(readings, part)}

    def _with_facts(self, rows: pd.DataFrame, part: _Part) -> pd.DataFrame:
        facts = self.intake.reading_facts(part.job.fold)
        facts = facts.drop(columns=[name for name in facts if name != "image" and name in rows])
        joined = rows.merge(facts, on="image", how="left", validate="many_to_one")
        return joined.assign(fold=part.job.fold, repeat=part.job.repeat)


@dataclass(frozen=True)
class _Part:
    job: Job
    where: Path
    bundle: ReaderBundle
    leaks: list[str]

    @property
    def searched(self) -> bool:
        """Whether its values were searched for; repeats share what the first of them found."""
        return self.job.repeat == 1 and "search" in self.bundle.facts

    @property
    def facts(self) -> dict[str, Any]:
        facts = self.bundle.facts
        names = ("parameters", "epochs_run", "kept_epoch", "training_seconds", "precision", "device", "started_from")
        threshold = self.bundle.threshold
        return {
            "network": self.bundle.network,
            "weights": facts["plan"]["weights"],
            "train": facts["plan"]["train"],
            "head": list(self.bundle.head),
            "ordered": self.bundle.ordered,
            "pool": self.bundle.pool,
            "threshold": None if threshold is None else threshold.value,
            "threshold_rule": None if threshold is None else threshold.rule,
            "folder": self.where.name,
            **{name: facts[name] for name in names},
            **self._of_features,
        }

    @property
    def _of_features(self) -> dict[str, Any]:
        """What a features reader says beside: sources, settings and tuning; nothing of a network."""
        if self.bundle.features is None:
            return {}
        names = ("features_given", "features_unstable", "values_missing", "tuned", "tuning_folds", "mirp")
        own = {name: self.bundle.facts[name] for name in names}
        return {"kind": "model", "features": self.bundle.features.section.model_dump(mode="json") | own}


def _are_written(places: Mapping[str, Path], key: str) -> bool:
    """Whether all tables of a reader are there, written from the same trainings and cases."""
    facts = {kind: read_facts(path) for kind, path in places.items() if path.is_file()}
    if not facts or any(one.get("key") != key for one in facts.values()):
        return False
    return all(set(one.get("tables", "").split(",")) == set(facts) for one in facts.values())


def _rows(splits: pd.Series, name: str) -> npt.NDArray[np.int64]:
    return np.flatnonzero((splits == name).to_numpy()).astype(np.int64)


def _with_lesions(
    rows: npt.NDArray[np.int64], lesions: PreparedBoxes | PreparedPoints, job: Job
) -> npt.NDArray[np.int64]:
    """Those of some rows whose boxes or points are known, no lesion included."""
    kept = np.array([row for row in rows if lesions.rows[row] is not None], dtype=np.int64)
    if len(rows) and not len(kept):
        what = "boxes" if isinstance(lesions, PreparedBoxes) else "points"
        raise StudyFileError(
            f"{job.section.reader_name}: no image of a part has {what} that can be used",
            fix=f"See {what} in audit.json",
            field="readers.detector",
        )
    return kept


def _finished(where: Path, key: str) -> ReaderBundle | None:
    """The bundle of an earlier run, if it was trained with the same key."""
    if not (where / READER_FILE).is_file():
        return None
    bundle = load_bundle(where)
    return bundle if bundle.facts.get("key") == key else None


def _origin_hash(weights: str) -> str:
    path = Path(weights)
    file = path / "weights.safetensors" if weights and path.is_dir() else path
    return hash_file(file) if file.is_file() else weights


def _leakage(reader: str, found: pd.DataFrame) -> LeakageError:
    problems = [
        Problem(image, f"learned from in study {study!r} ({split}), and in the test part here")
        for image, split, study in found.head(MAX_LEAKS)[["image", "split", "study"]].astype(str).to_numpy()
    ]
    return LeakageError(
        f"{reader} would be tested on {len(found)} images whose very pixels it learned from",
        fix="Take them out of one side, start from other weights, or use --force: the report then names them",
        problems=problems,
    )


def _refuse_unread(unread: list[Unread]) -> None:
    if unread:
        raise ReadingRoomError(
            f"{len(unread)} images that could be read before cannot be read any more",
            fix="Put them back, and run again",
            problems=[Problem(one.image, one.reason) for one in unread[:MAX_LEAKS]],
        )
