"""Article search: ranked, with prefixes and typos, and the same on every database.

The index of about a hundred articles is in memory. It is read in one query, and rebuilt when an article changes.
"""

import math
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from helpcenter.models import Article
from helpcenter.synonyms_and_stop_words import NOISE, SAME

MAX_SEARCH_LENGTH = 100  # characters; folding may turn one into several
_WEIGHTS = {"title": 6.0, "words": 5.0, "summary": 3.0, "headings": 2.5, "body": 1.0}
_SPLIT = re.compile(r"[^\w']+")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "e", "y")
_MIN_SIMILARITY = 0.5  # share of common letter pairs, for a word to count as a typo of another


@dataclass(frozen=True)
class Hit:
    """One article that a search found, and how well it matches."""

    article: Article
    score: float


def _stem(word: str) -> str:
    word = SAME.get(word, word)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word


def tokens(text: str) -> list[str]:
    """Split a text into stems, without stop words."""
    words = (word.strip("'") for word in _SPLIT.split(text.lower().replace("’", "'")))
    return [_stem(word) for word in words if word and word not in NOISE]


class Index:
    """An inverted index: which stems are in which articles, with their weights."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self.articles = list(articles)
        self.places: dict[str, dict[int, float]] = defaultdict(dict)
        for number, article in enumerate(self.articles):
            for stem, weight in self._weigh(article).items():
                self.places[stem][number] = weight
        self.pairs = {stem: _pairs(stem) for stem in self.places}

    @staticmethod
    def _weigh(article: Article) -> dict[str, float]:
        heads = "\n".join(line for line in article.body.splitlines() if line.startswith("#"))
        parts = {
            "title": article.title,
            "words": article.words,
            "summary": article.summary,
            "headings": heads,
            "body": article.body,
        }
        weights: dict[str, float] = defaultdict(float)
        for name, text in parts.items():
            for stem, n in Counter(tokens(text)).items():
                weights[stem] += _WEIGHTS[name] * n / (n + 1.0)
        return weights

    def find(self, text: str, *, most: int) -> list[Hit]:
        scores: dict[int, float] = defaultdict(float)
        wanted = tokens(text)
        for stem in wanted:
            for alike, likeness in self._alike(stem):
                rarity = math.log(1 + len(self.articles) / len(self.places[alike]))
                for number, weight in self.places[alike].items():
                    scores[number] += weight * rarity * likeness
        self._prefer_phrases(text, scores)
        best = sorted(scores.items(), key=lambda pair: -pair[1])[:most]
        return [Hit(self.articles[number], score) for number, score in best]

    def _prefer_phrases(self, text: str, scores: dict[int, float]) -> None:
        """Raise the score of articles that have this phrase among their search words."""
        wanted = set(tokens(text))
        for number in scores:
            for phrase in self.articles[number].words.splitlines():
                known = set(tokens(phrase))
                if known and len(known & wanted) / len(known | wanted) > 0.6:
                    scores[number] *= 1.5
                    break

    def _alike(self, stem: str) -> Iterable[tuple[str, float]]:
        if stem in self.places:
            return [(stem, 1.0)]
        longer = [(known, 0.8) for known in self.places if len(stem) >= 3 and known.startswith(stem)]
        if longer:
            return longer[:5]
        mine = _pairs(stem)
        near = [(known, _likeness(mine, pairs)) for known, pairs in self.pairs.items()]
        meant = ((_stem(word), pairs) for word, pairs in _SAME_PAIRS.items())
        near += [(known, _likeness(mine, pairs)) for known, pairs in meant if known in self.places]
        return sorted((pair for pair in near if pair[1] >= _MIN_SIMILARITY), key=lambda pair: -pair[1])[:2]


def _pairs(word: str) -> frozenset[str]:
    framed = f" {word} "
    return frozenset(framed[at : at + 2] for at in range(len(framed) - 1))


_SAME_PAIRS = {word: _pairs(word) for word in SAME}


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


_lock = threading.Lock()
_kept: dict[tuple[str, tuple[str, ...]], tuple[tuple[int, datetime | None], Index]] = {}


def find(text: str, *, audiences: Sequence[str], language: str = "en", now: datetime, most: int = 8) -> list[Hit]:
    """Return the best matching articles, best first. One query, and one more if an article changed."""
    key = (language, tuple(audiences))
    rows = Article.objects.filter(language=language, audience__in=audiences)
    state = rows.aggregate(n=Count("pk"), newest=Max("updated_at"))
    stamp = (state["n"], state["newest"])
    with _lock:
        kept = _kept.get(key)
    if kept is None or kept[0] != stamp:
        kept = (stamp, Index(list(rows.order_by("pk"))))
        with _lock:
            _kept[key] = kept
    hits = kept[1].find(text, most=most * 2)
    shown = (
        h for h in hits if h.article.publish_at <= now and not (h.article.withdraw_at and h.article.withdraw_at <= now)
    )
    return list(shown)[:most]
