"""An explanation as one readable paragraph."""

from __future__ import annotations

from shopkeeper.core.wording import Language, word
from shopkeeper.insight.explain.cause import BROAD_SHARE
from shopkeeper.insight.explain.explanation import Explanation
from shopkeeper.render.formats import Formats
from shopkeeper.views.detail import effect_text
from shopkeeper.views.explain_words import Speech

NAMED_CAUSES = 2
NAMED_EVENTS = 4


def story(answer: Explanation, say: Speech) -> str:
    """What changed, whether it is more than usual, what it cost, what drove it, where it lies, and what happened then."""
    sentences = [_lead(answer, say), _usual(answer, say)]
    if answer.change:
        sentences += [_money(answer, say.formats), _driver(answer, say), *_causes(answer, say)]
    sentences.append(_events(answer, say))
    gap = "" if say.formats.lang == "zh" else " "
    return gap.join(s for s in sentences if s)


def _lead(answer: Explanation, say: Speech) -> str:
    lang = say.formats.lang
    against = word(f"compare.{answer.question.against}", lang)
    period = say.formats.period(answer.question.period)
    now = say.value(answer.reference.actual)
    if not answer.change:
        return word("explain_story.lead_same", lang, name=say.title, now=now, period=period, against=against)
    then = say.value(answer.reference.value)
    return word(
        "explain_story.lead", lang, name=say.title, now=now, period=period, change=_moved(answer, say), then=then,
        against=against,
    )  # fmt: skip


def _moved(answer: Explanation, say: Speech) -> str:
    """How far it moved: points of a share, else percent; the amount where there is no percent."""
    lang, then = say.formats.lang, float(answer.reference.value)
    if say.indicator.unit == "share":
        size = word("format.points", lang, n=f"{abs(float(answer.change)) * 100:.2f}")
    elif then > 0:
        size = say.formats.change(float(answer.change) / then, "percent")
    else:
        moved = answer.change if answer.change > 0 else -answer.change
        size = effect_text(moved, say.indicator, say.formats).lstrip("+")
    return word("explain_story.up" if answer.change > 0 else "explain_story.down", lang, size=size)


def _usual(answer: Explanation, say: Speech) -> str:
    lang, usual = say.formats.lang, answer.normal.usual
    if usual is None:
        return word("explain_story.unjudged", lang)
    key = "explain_story.within" if usual.within else "explain_story.beyond"
    return word(key, lang, low=say.value(usual.low), high=say.value(usual.high))


def _money(answer: Explanation, formats: Formats) -> str:
    if answer.worth is None or not answer.worth.amount:
        return ""
    key = "explain_story.cost" if answer.worth.amount < 0 else "explain_story.brought"
    return word(key, formats.lang, amount=formats.money(abs(answer.worth.amount)))


def _driver(answer: Explanation, say: Speech) -> str:
    if answer.tree is None or len(answer.tree.drivers) < 2:
        return ""
    most = max(answer.tree.drivers, key=lambda d: abs(float(d.effect)))
    effect = effect_text(most.effect, say.indicator, say.formats)
    return word("explain_story.driver", say.formats.lang, driver=say.driver(most), effect=effect)


def _causes(answer: Explanation, say: Speech) -> list[str]:
    lang, found = say.formats.lang, answer.cause
    usual = answer.normal.usual
    if found is None or (usual is not None and usual.within):
        return []
    told = []
    if found.alike >= BROAD_SHARE:
        told.append(word("explain_story.alike", lang, share=_percent(found.alike)))
    for number, cause in enumerate(found.causes[:NAMED_CAUSES]):
        key = "explain_story.cause_more" if number else "explain_story.cause"
        told.append(
            word(
                key, lang, share=_percent(cause.share), what=say.combination(cause), actual=say.counted(cause.actual),
                expected=say.counted(cause.expected),
            )
        )  # fmt: skip
    if not told:
        told.append(word("explain_story.no_cause", lang))
    return told


def _percent(share: float) -> str:
    return f"{share * 100:.0f}%"


def _events(answer: Explanation, say: Speech) -> str:
    """Those that are in one of the periods alone."""
    lang: Language = say.formats.lang
    names = [say.happening(h) for h in answer.happened if h.in_now != h.in_before]
    if not names:
        return ""
    listed = list(dict.fromkeys(names))[:NAMED_EVENTS]
    return word("explain_story.events", lang, names=word("explain.comma", lang).join(listed))
