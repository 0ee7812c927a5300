"""The headline says the most urgent thing; an excerpt is the sentence with the name, marked in the right place."""

from __future__ import annotations

import re

import pytest

from alerts.headline import LONGEST_HEADLINE, excerpts, headline
from steppewatch.model import Event, EventStatus, EventType, Mention, TextField


def event(kind: EventType, date: str | None = None, status: EventStatus = EventStatus.ACTUAL) -> Event:
    return Event(kind, status, date, ("w",), "quote", TextField.TEXT, 0, 5)


def mention_of(text: str, surface: str, field: TextField = TextField.TEXT, after: int = 0) -> Mention:
    start = text.index(surface, after)
    return Mention("w", surface, field, start, start + len(surface), 1.0, "exact")


HEARING = event(EventType.COURT_HEARING, "2019-04-08", EventStatus.SCHEDULED)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([HEARING], "Court hearing on 8 April 2019: Sayragul Sauytbay"),
        ([event(EventType.ARREST, "2019-03")], "Arrest in March 2019: Sayragul Sauytbay"),
        ([event(EventType.RELEASE, "2018")], "Release in 2018: Sayragul Sauytbay"),
        ([event(EventType.DEATH_IN_CUSTODY)], "Death in custody: Sayragul Sauytbay"),
        ([event(EventType.HEARING_POSTPONED, "2019-05-10")], "Hearing postponed to 10 May 2019: Sayragul Sauytbay"),
        ([HEARING, event(EventType.ARREST)], "Arrest: Sayragul Sauytbay"),
        ([event(EventType.ARREST, status=EventStatus.NEGATED), HEARING], "Court hearing on 8 April 2019: Sayragul Sauytbay"),
        ([event(EventType.ARREST, status=EventStatus.PAST_REFERENCE)], "Sayragul Sauytbay: A title"),
        ([], "Sayragul Sauytbay: A title"),
    ],
)
def test_the_most_urgent_event_comes_first(events: list[Event], expected: str) -> None:
    assert headline("Sayragul Sauytbay", "A title", events) == expected


def test_every_type_of_event_has_a_headline() -> None:
    for kind in EventType:
        assert headline("N", "T", [event(kind)]).endswith(": N")


def test_a_headline_is_one_short_line_whatever_comes() -> None:
    told = headline("Name\nsecond", "\x1b[31m" + "سەرلەۋھە\r\n" * 8000, [])
    assert told.startswith("Name second: سەرلەۋھە سەرلەۋھە")
    assert len(told) <= LONGEST_HEADLINE
    assert len(told.splitlines()) == 1
    assert headline("Name", "", []) == "Name"


@pytest.mark.parametrize(
    ("text", "surface", "sentence"),
    [
        ("It rained. Mr. Bilash was seen in Almaty. He left.", "Bilash", "Mr. Bilash was seen in Almaty."),
        ("First. According to S. Bilash, yes! Then no.", "Bilash", "According to S. Bilash, yes!"),
        ("Вчера шёл дождь. Суд над Серикжаном Билашем, т.е. процесс, начался. Всё.", "Серикжаном Билашем",
         "Суд над Серикжаном Билашем, т.е. процесс, начался."),
        ("下雨了。比拉什在阿拉木图。他走了。", "比拉什", "比拉什在阿拉木图。"),
        ("بۇ بىرىنچى جۈملە؟ سەرىكجان بىلاش كەلدى. ئاخىرى.", "سەرىكجان بىلاش", "سەرىكجان بىلاش كەلدى."),
        ("Heading\nBilash spoke\nMore", "Bilash", "Bilash spoke"),
        ("Bilash", "Bilash", "Bilash"),
    ],
)  # fmt: skip
def test_the_sentence_around_a_name(text: str, surface: str, sentence: str) -> None:
    (excerpt,) = excerpts({TextField.TEXT: text}, [mention_of(text, surface)])
    assert excerpt.text == sentence
    assert [excerpt.text[start:end] for start, end in excerpt.marks] == [surface]


def test_two_names_in_one_sentence_are_two_marks_in_one_excerpt() -> None:
    text = "Before. Bilash and \t  Serikjan \u202eBilash\u202c met Bilash. After."
    places = [found.span() for found in re.finditer("Bilash", text)]
    mentions = [Mention("w", "Bilash", TextField.TEXT, start, end, 1.0, "exact") for start, end in reversed(places)]
    found = excerpts({TextField.TEXT: text}, mentions)
    assert [excerpt.text for excerpt in found] == ["Bilash and Serikjan Bilash met Bilash."]
    assert [found[0].text[start:end] for start, end in found[0].marks] == ["Bilash"] * 3


def test_a_sentence_without_end_is_cut_on_both_sides() -> None:
    text = "слово " * 10_000 + "Билаш" + " слово" * 10_000
    (excerpt,) = excerpts({TextField.TEXT: text}, [mention_of(text, "Билаш")])
    assert len(excerpt.text) < 600
    assert excerpt.text.startswith("…")
    assert excerpt.text.endswith("…")
    ((start, end),) = excerpt.marks
    assert excerpt.text[start:end] == "Билаш"


def test_the_text_is_quoted_before_the_title_and_no_sentence_twice() -> None:
    title, text, lead = "Bilash in court", "Bilash came. Bilash went. Bilash slept. Bilash ate.", "Bilash came."
    texts = {TextField.TITLE: title, TextField.TEXT: text, TextField.LEAD: lead}
    mentions = [
        mention_of(title, "Bilash", TextField.TITLE),
        mention_of(lead, "Bilash", TextField.LEAD),
        *(mention_of(text, "Bilash", after=place) for place in (0, 1, 14, 27)),
    ]
    assert [found.text for found in excerpts(texts, mentions)] == ["Bilash came.", "Bilash went.", "Bilash slept."]
    short = {TextField.TITLE: title, TextField.TEXT: "Bilash came.", TextField.LEAD: lead}
    assert [found.text for found in excerpts(short, mentions[:3])] == ["Bilash came."]
    assert [found.text for found in excerpts(texts, mentions[:1])] == ["Bilash in court"]


def test_offsets_that_do_not_fit_are_passed_over() -> None:
    wrong = [Mention("w", "x", TextField.TEXT, start, end, 1.0, "") for start, end in ((50, 60), (3, 3), (-2, 1))]
    assert excerpts({TextField.TEXT: "short"}, wrong) == ()
    assert excerpts({}, [Mention("w", "x", TextField.LEAD, 0, 1, 1.0, "")]) == ()
