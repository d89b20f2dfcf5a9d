"""The settings of a features reader: where its features come from, and which model they go into."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from readingroom.cases.radiomics import RadiomicsSection
from readingroom.core.config import Section

Column = Annotated[str, Field(min_length=1, max_length=120)]
Count = Annotated[int, Field(ge=1, le=5000)]
Analyser = Literal["auto", "words", "characters"]


class TextSection(Section):
    """Words of a column of the case table, weighed by TF-IDF."""

    column: Column = "report"
    """Column of the case table that holds the text. Images without one are left out of the study, and counted."""
    ngrams: tuple[Annotated[int, Field(ge=1, le=5)], Annotated[int, Field(ge=1, le=5)]] = (1, 2)
    """Shortest and longest run of words that counts as a term: with `[1, 2]` *no nodule* is another term than
    *nodule*."""
    characters: tuple[Annotated[int, Field(ge=1, le=6)], Annotated[int, Field(ge=1, le=6)]] = (1, 3)
    """The same for Chinese, Japanese and Korean, in characters: 未见结 is another term than 结节."""
    analyser: Analyser = "auto"
    """`auto`: words in scripts that put spaces between them, characters in Chinese, Japanese and Korean, both in a text
    that mixes them; `words` or `characters` for all scripts."""
    least: Annotated[int, Field(ge=1)] = 2
    """Terms in fewer training texts are left out."""
    most: Annotated[int, Field(ge=10, le=100_000)] = 5000
    """The most frequent terms that are kept."""

    @model_validator(mode="after")
    def _ascending(self) -> TextSection:
        for name, pair in (("ngrams", self.ngrams), ("characters", self.characters)):
            if pair[0] > pair[1]:
                raise ValueError(f"{name} goes from {pair[0]} to {pair[1]}: the shorter comes first")
        return self


class FeaturesSection(Section):
    """Read by a classical model on features instead of by a network alone.

    Selection of features and tuning of the model happen by cross-validation inside the training part, grouped by
    patient; the threshold is fixed on the validation part, as for networks.
    """

    radiomics: RadiomicsSection | None = None
    """IBSI features inside the outline; `{}` takes the settings as they are."""
    network: bool = False
    """Features of the reader's `network`, frozen as its `weights` left it, of the plain image."""
    text: TextSection | None = None
    """Words of a column of the case table; `{}` takes the column `report`."""
    facts: tuple[Column, ...] = ()
    """Columns of the case table that are features themselves: `[age, sex]`."""
    scores: tuple[Column, ...] = ()
    """Names of readers listed before this one whose scores are the features (stacking). The model then learns from the
    validation part, which those readers did not learn from, and its threshold is chosen on scores out of fold there."""
    model: Literal["logistic", "boosting"] = "logistic"
    """`logistic`: logistic regression with an L2 penalty; `boosting`: gradient boosted trees (histogram-based)."""
    select: Count | tuple[Count, ...] | None = 20
    """Radiomic features that are kept; of a list, the number is tuned as well; null keeps all of them."""
    by: Literal["anova", "mutual_information", "l1"] = "anova"
    """What ranks radiomic features: ANOVA's F, mutual information with the class, or the weights of an L1-penalised
    logistic regression."""
    correlation: Annotated[float, Field(gt=0, le=1)] = 0.95
    """Of two radiomic features with a higher absolute correlation, the one that comes later is left out; 1 keeps
    both."""
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    """Folds of the cross-validation inside the training part; fewer where a class has fewer patients."""

    @model_validator(mode="after")
    def _from_somewhere(self) -> FeaturesSection:
        own = self.radiomics is not None or self.network or self.text is not None or bool(self.facts)
        if not own and not self.scores:
            raise ValueError("features come from somewhere: give radiomics, network, text, facts or scores")
        if own and self.scores:
            raise ValueError(
                "scores are stacked by themselves: give other features to a reader of its own, and stack its scores"
            )
        if len(set(self.scores)) == 1:
            raise ValueError("one reader's scores are nothing to stack: give two or more readers")
        return self

    @property
    def counts(self) -> tuple[int | None, ...]:
        """Numbers of radiomic features among which the tuning chooses."""
        return self.select if isinstance(self.select, tuple) else (self.select,)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of its sources."""
        there = {"radiomics": self.radiomics, "network": self.network or None, "text": self.text,
                 "facts": self.facts or None, "scores": self.scores or None}  # fmt: skip
        return tuple(name for name, given in there.items() if given is not None)
