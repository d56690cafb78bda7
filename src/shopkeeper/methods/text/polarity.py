"""Whether a text praises or complains, learned from texts that have stars; how often that is right, on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.methods.intervals import wilson
from shopkeeper.methods.text.words import words_of

Labels = NDArray[np.int64]
FEWEST_TEXTS = 200
"""Labelled texts without which nothing is learned."""


@dataclass(frozen=True)
class HeldOut:
    """How often the classes of texts that were kept away from learning were told right.

    `accuracy` with its 95 % interval; `usual` is the accuracy of always saying the commonest class; `recall` by class.
    """

    texts: int
    accuracy: float
    low: float
    high: float
    usual: float
    recall: dict[int, float]

    @property
    def useful(self) -> bool:
        """Whether it is surely better than always saying the commonest class."""
        return self.low > self.usual


def measured(texts: Sequence[str], labels: Labels, *, seed: int = 7, held_out_share: float = 0.2) -> HeldOut:
    """How well do words tell the class of a text, on texts that were not learned from?

    Model: logistic regression over words and pairs of neighbours, weighed by rarity (TF-IDF), classes weighed alike; a part is
    drawn by class and kept away.

    Args:
        texts: what was written, n_texts of them.
        labels: class of each, shape (n_texts,), whole numbers.
        seed: of the draw.
        held_out_share: part kept away, 0 < x < 1.

    Raises ValueError for fewer than 200 texts or a class of fewer than ten.
    """
    from sklearn.model_selection import train_test_split

    classes, counts = np.unique(labels, return_counts=True)
    if len(texts) < FEWEST_TEXTS or len(classes) < 2 or counts.min() < 10:
        raise ValueError(f"{len(texts)} texts of classes {dict(zip(classes.tolist(), counts.tolist(), strict=True))}")
    every = np.arange(len(texts))
    taught, kept = train_test_split(every, test_size=held_out_share, random_state=seed, stratify=labels)
    listed = list(texts)
    learned = _pipeline().fit([listed[n] for n in taught], labels[taught])
    said = np.asarray(learned.predict([listed[n] for n in kept]))
    true = labels[kept]
    right = int((said == true).sum())
    low, high = wilson(right, len(kept))
    recall = {int(c): float((said[true == c] == c).mean()) for c in classes}
    return HeldOut(len(kept), right / len(kept), low, high, float(counts.max() / len(texts)), recall)


def _pipeline() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        TfidfVectorizer(analyzer=_features, min_df=2, sublinear_tf=True),
        LogisticRegression(C=8.0, max_iter=300, class_weight="balanced"),
    )


def _features(text: str) -> list[str]:
    """Words, and pairs of neighbours: "不 好" is not "好"."""
    words = words_of(text)
    return [*words, *(f"{one} {other}" for one, other in zip(words, words[1:], strict=False))]
