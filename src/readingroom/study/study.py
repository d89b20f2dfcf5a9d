"""A study and its run: the whole of Reading Room from Python in four lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from readingroom.core.errors import OutputError, ReadingsError, StudyFileError
from readingroom.core.files import explain_write_errors, hash_file, read_json, remove_leftovers, write_json, write_text
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import write_parquet
from readingroom.reading.people import load_people
from readingroom.report import write_report
from readingroom.study.cleaning import picture_levels
from readingroom.study.folder import RunFolder
from readingroom.study.intake import Intake, take_in
from readingroom.study.machine import code_hash, installed_packages, library_versions, machine_facts
from readingroom.study.preflight import check_readers
from readingroom.study.readers import Readers
from readingroom.study.schema import StudyFile
from readingroom.study.search import need_optuna
from readingroom.study.study_file import dump_study_file, load_study_file

MANIFEST_VERSION = 1


@dataclass(frozen=True)
class Run:
    """A finished run.

    Args:
        folder: the run folder.
    """

    folder: RunFolder

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open a run folder.

        Raises:
            OutputError: not a run folder.
        """
        folder = RunFolder(Path(path))
        if not folder.manifest.is_file():
            raise OutputError("not a finished run", fix="Give a folder that `readingroom run` has written", file=path)
        return cls(folder)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Hashes of inputs, versions, seeds and readers."""
        return dict(read_json(self.folder.manifest))

    @cached_property
    def readings(self) -> pd.DataFrame:
        """Every reading of every reader, people included: one row a reading."""
        names = [*self.manifest["readers"], *self.manifest["people"]]
        files = [file for name in names if (file := self.folder.readings(name)).is_file()]
        return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)

    @cached_property
    def outlines(self) -> pd.DataFrame:
        """Every image that an outlining reader read: what it drew, and how well that fits; empty without any."""
        files = [file for name in self.manifest["readers"] if (file := self.folder.outlined(name)).is_file()]
        return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True) if files else pd.DataFrame()

    @property
    def audit(self) -> dict[str, Any]:
        """What the audit found."""
        return dict(read_json(self.folder.audit))

    @property
    def arms(self) -> dict[str, Run]:
        """The same study under other protocols, by name."""
        return {name: Run.open(self.folder.arm(name).path) for name in self.manifest.get("arms", [])}

    @property
    def report(self) -> Path:
        """The report's page."""
        return self.folder.report / "index.html"

    @property
    def results(self) -> dict[str, Any]:
        """Every number of the report, each with its interval, method and n."""
        return dict(read_json(self.folder.report / "results.json"))

    def write_report(self, *, language: str = "en") -> Path:
        """Write the report again, in a language, and return its page."""
        root = (self.folder.path / self.manifest["images_root"]).resolve()
        return write_report(self.folder.path, language=language, images_root=root)


@dataclass(frozen=True)
class _Asked:
    """What a person asked of a run, beside the study file."""

    language: str
    force: bool
    strict: bool
    progress: Progress


@dataclass(frozen=True)
class Study:
    """A study to be run.

    Args:
        file: the study file, checked.
        base: folder that its paths are relative to.
    """

    file: StudyFile
    base: Path

    @classmethod
    def load(cls, path: str | Path, overrides: Sequence[str] = ()) -> Study:
        """Load a study file.

        Args:
            path: the YAML file.
            overrides: ``key=value`` each: ``training.epochs=5``.

        Raises:
            StudyFileError: with every problem, its line and key.
        """
        return cls(load_study_file(path, overrides), Path(path).parent)

    def check(
        self, *, out: str | Path = "runs", progress: Progress | None = None, strict: bool = False
    ) -> tuple[RunFolder, dict[str, Any]]:
        """Partition and audit the cases without training; returns the run folder and the audit."""
        progress = progress or SilentProgress()
        folder = RunFolder(Path(out) / self.file.study)
        with _working_in(folder):
            self._check_readers(folder, fetch=False, progress=progress)
            intake = take_in(self.file, self.base, folder, strict=strict, progress=progress)
        return folder, intake.audit

    def arm(self, name: str) -> Study:
        """One of its arms, as a study of its own."""
        return Study(self.file.arm(name), self.base)

    def _check_readers(self, folder: RunFolder, *, fetch: bool, progress: Progress) -> None:
        """Those of the arms too, so that nobody waits for one arm to hear of a misspelt name in another."""
        check_readers(self.file, self.base, folder, fetch=fetch, progress=progress)
        picture_levels(self.file.input, self.base)
        need_optuna(self.file.search)
        for name in self.file.arms:
            arm = self.arm(name).file
            picture_levels(arm.input, self.base)
            need_optuna(arm.search)
            if (arm.reader_list, arm.input.size) != (self.file.reader_list, self.file.input.size):
                check_readers(arm, self.base, folder.arm(name), fetch=fetch, progress=progress)

    def run(
        self,
        *,
        out: str | Path = "runs",
        progress: Progress | None = None,
        language: str = "en",
        force: bool = False,
        strict: bool = False,
    ) -> Run:
        """Run the study; what an earlier run in the same folder has done already is kept.

        Args:
            out: folder of the run folders.
            progress: where it is reported; silent by default.
            language: of the report, ``en`` or ``zh``.
            force: test a reader even on images that it learned from; the report names them.
            strict: stop at images that cannot be read instead of listing them.

        Raises:
            ReadingRoomError: anything that a person has to mend, with what to do.
        """
        progress = progress or SilentProgress()
        folder = RunFolder(Path(out) / self.file.study)
        asked = _Asked(language, force, strict, progress)
        with _working_in(folder):
            self._check_readers(folder, fetch=True, progress=progress)
            for name in self.file.arms:
                progress.say(f"arm {name}")
                arm, own = self.arm(name), folder.arm(name)
                with _working_in(own):
                    arm._run_in(own, asked)
            return self._run_in(folder, asked)

    def _run_in(self, folder: RunFolder, asked: _Asked) -> Run:
        created, progress = datetime.now(UTC), asked.progress
        write_text(folder.study, dump_study_file(self.file))
        intake = take_in(self.file, self.base, folder, strict=asked.strict, progress=progress)
        people = self._people(intake, folder)
        readers = Readers(self.file, self.base, intake, folder, asked.force, progress).run()
        write_json(folder.manifest, self._manifest(intake, folder, readers, people, created))
        write_text(folder.environment, installed_packages())
        run = Run(folder)
        progress.say("writing the report")
        run.write_report(language=asked.language)
        return run

    def _people(self, intake: Intake, folder: RunFolder) -> list[str]:
        """Doctors' readings in the same columns as the networks', one file a person."""
        if self.file.people is None:
            return []
        classes = intake.cases.classes
        readings = load_people(
            self.base / self.file.people,
            classes=classes,
            positive=self.file.positive_of(classes),
            images=intake.cases.frame["image"].tolist(),
            ordered=self.file.task.kind == "grading",
        )
        facts = pd.concat([intake.reading_facts(fold).assign(fold=fold) for fold in intake.folds], ignore_index=True)
        tested = facts[facts["split"].isin(["validation", "test", "external"])]
        joined = readings.merge(tested, on="image", how="inner").assign(repeat=1)
        if joined.empty:
            raise ReadingsError(
                "no person read an image of the validation, test or external part",
                fix="See partition.csv for the images to be read",
                file=self.base / self.file.people,
            )
        names = sorted(joined["reader"].unique())
        self._refuse_namesakes(names)
        for name, rows in joined.groupby("reader"):
            write_parquet(rows.reset_index(drop=True), folder.readings(str(name)), kind="readings")
        return [str(name) for name in names]

    def _refuse_namesakes(self, people: Sequence[str]) -> None:
        networks = {one.reader_name for one in self.file.reader_list} | {one.name for one in self.file.combine}
        shared = set(people) & networks
        if shared:
            raise StudyFileError(
                f"{sorted(shared)[0]!r} is the name of a network and of a person",
                fix="Give the network a name: of its own",
                field="people",
            )

    def _manifest(
        self,
        intake: Intake,
        folder: RunFolder,
        readers: dict[str, Any],
        people: Sequence[str],
        created: datetime,
    ) -> dict[str, Any]:
        file = self.file
        inputs = [file.cases, file.people, file.partition.external]
        paths = [self.base / name for name in inputs if name is not None]
        return {
            "schema_version": MANIFEST_VERSION,
            "study": file.study,
            "created": created.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seeds": {"partition": file.partition.seed, "training": file.training.seed},
            "protocol": file.partition.protocol,
            "arms": list(file.arms),
            "phantoms": file.phantoms,
            "has_patients": intake.cases.has_patients,
            "classes": list(intake.cases.classes),
            "positive": file.positive_of(intake.cases.classes),
            "images_root": os.path.relpath(intake.cases.root.resolve(), folder.path.resolve()),
            "inputs": {path.name: hash_file(path) for path in paths if path.is_file()},
            "images": {"count": len(intake.catalogue), "key": intake.key},
            "libraries": library_versions(),
            "code": code_hash(),
            "machine": machine_facts(),
            "readers": readers,
            "people": list(people),
        }


@contextmanager
def _working_in(folder: RunFolder) -> Iterator[None]:
    """Make the run folder and keep a second run out of it."""
    with explain_write_errors(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise OutputError(
                "another run is working in this folder", fix="Wait for it, or choose another --out", file=folder.path
            ) from error
    try:
        remove_leftovers(folder.path)
        yield
    finally:
        lock.release()
