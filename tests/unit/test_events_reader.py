"""What happened, to whom, when and whether it did: English articles as they are written. All persons are invented but two."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.matching import Matcher
from steppewatch.model import Event, Text, TextField, Watch, WatchKind

PUBLISHED = datetime(2023, 5, 12, tzinfo=UTC)
ABISH = Watch("abish", WatchKind.PERSON, "Nurlan Abish")
OMAR = Watch("omar", WatchKind.PERSON, "Dias Omar")
UNION = Watch("union", WatchKind.ORG, "Dala Writers Circle")


def read(text: str, *watches: Watch, title: str = "", published: datetime | None = PUBLISHED) -> list[Event]:
    fields = {TextField.TITLE: title, TextField.TEXT: text}
    return list(Matcher(watches or (ABISH,)).match(Text(fields, "en", published)).events)


def told(text: str, *watches: Watch) -> list[tuple[str, str, str | None]]:
    return [(one.type.value, one.status.value, one.date) for one in read(text, *watches)]


def test_each_event_belongs_to_its_own_person() -> None:
    article = (
        "Sayragul Sauytbay's next appeal is due on April 8, her lawyer said. She came to Kazakhstan last spring.\n\n"
        "Another case keeps the courts busy. Serikjan Bilash, who speaks for families with relatives in Xinjiang, was "
        "detained in a hotel on March 10 and flown to the capital. A judge placed Bilash under house arrest. His colleague "
        "Aqan Serik was sentenced to two years, and a hearing for another colleague is set for April 9."
    )
    watches = (Watch("sauytbay", WatchKind.PERSON, "Sayragul Sauytbay"), Watch("bilash", WatchKind.PERSON, "Serikjan Bilash"))
    events = read(article, *watches, published=datetime(2019, 4, 3, tzinfo=UTC))
    found = {(one.watches, one.type.value, one.status.value, one.date) for one in events}
    assert (("sauytbay",), "court_hearing", "scheduled", "2019-04-08") in found
    assert (("bilash",), "arrest", "actual", "2019-03-10") in found
    assert any(who == ("bilash",) and kind == "house_arrest" and status == "actual" for who, kind, status, _ in found)
    assert not any(who == ("bilash",) and kind in ("court_hearing", "sentence") for who, kind, _, _ in found)
    assert not any(who == ("sauytbay",) and kind != "court_hearing" for who, kind, _, _ in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Police detained Nurlan Abish on May 9.", ("arrest", "actual", "2023-05-09")),
        ("Nurlan Abish was detained by police, his wife said on Thursday.", ("arrest", "actual", None)),
        ("Activist Nurlan Abish Detained In Almaty", ("arrest", "actual", None)),
        ("Nurlan Abish got 15 days of administrative arrest.", ("arrest", "actual", None)),
        ("Nurlan Abish was sentenced to 15 days.", ("arrest", "actual", None)),
        ("A judge placed Nurlan Abish under house arrest until July 1.", ("house_arrest", "actual", None)),
        ("Nurlan Abish was released to house arrest on May 3.", ("house_arrest", "actual", "2023-05-03")),
        ("Nurlan Abish was freed from house arrest on May 3.", ("release", "actual", "2023-05-03")),
        ("Nurlan Abish, a poet, walked out of prison on Tuesday.", ("release", "actual", "2023-05-09")),
        ("The court gave Nurlan Abish six years in prison.", ("sentence", "actual", None)),
        ("The trial of Nurlan Abish opens on May 20.", ("court_hearing", "scheduled", "2023-05-20")),
        ("Judges heard Nurlan Abish's complaint on May 4.", ("court_hearing", "actual", "2023-05-04")),
        ("Nurlan Abish's trial was adjourned on May 8 until May 22.", ("hearing_postponed", "scheduled", "2023-05-22")),
    ],
)
def test_types_with_status_and_date(text: str, expected: tuple[str, str, str | None]) -> None:
    assert told(text) == [expected]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Nurlan Abish was not detained.", "negated"),
        ("Neither Nurlan Abish nor his wife was detained.", "negated"),
        ("The ministry denied that Nurlan Abish had been detained.", "negated"),
        ("Nurlan Abish could be detained if he returns.", "hypothetical"),
        ("Nurlan Abish fears arrest.", "hypothetical"),
        ("Rights groups demanded the release of Nurlan Abish.", "hypothetical"),
        ("Nurlan Abish will be released on June 1.", "scheduled"),
        ("Since the arrest of Nurlan Abish the paper has not come out.", "past_reference"),
        ("Police confirmed the arrest of Nurlan Abish.", "actual"),
    ],
)
def test_statuses(text: str, status: str) -> None:
    assert [one.status.value for one in read(text)] == [status]


@pytest.mark.parametrize(
    "text",
    [
        "Nurlan Abish's brother was arrested on Monday.",
        "Relatives of Nurlan Abish were detained last week.",
        "Nurlan Abish's lawyer, Saule Karim, was sentenced to two years.",
        "Judge Nurlan Abish sentenced Dias Omar to three years in prison.",
        "Nurlan Abish watched as Dias Omar was led away.",
        "Nurlan Abish met Dias Omar. He was arrested on Monday, Omar's wife said.",
        "Nurlan Abish was born in Oral. His brother was jailed for a year. He was freed in May.",
        "Nurlan Abish released a report on Monday, and the first sentence of the press release praised it.",
        "The band House Arrest played for Nurlan Abish, who suffered a cardiac arrest during a free trial.",
        "Nurlan Abish took part in a clinical trial and spoke at a parliamentary hearing.",
        "A man was arrested on Monday. Nurlan Abish wrote about it.",
        "Daulet Abish was arrested. Nurlan Abish is a poet.",
        "Abish was arrested on Monday.",
        "The driver who hit Nurlan Abish was sentenced to four years.",
        "According to Nurlan Abish, the trial of the former mayor will resume on Monday.",
    ],
)
def test_what_happens_to_others_or_not_at_all_gives_nothing(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Nurlan Abish lives in Almaty. No day has been named for a trial.",
        "No date has been set for the trial of Nurlan Abish.",
        "A date for the hearing of Nurlan Abish has not been announced.",
        "The day of Nurlan Abish's trial has yet to be fixed.",
    ],
)
def test_a_sitting_without_a_day_is_none(text: str) -> None:
    assert read(text) == []


def test_a_sitting_with_a_day_stays_one() -> None:
    assert told("The date of Nurlan Abish's trial has been set: it opens on 20 May.") == [
        ("court_hearing", "scheduled", "2023-05-20")
    ]


def test_names_joined_by_and_share_what_happens() -> None:
    assert [one.watches for one in read("Nurlan Abish and Dias Omar were detained on May 9.", ABISH, OMAR)] == [("abish", "omar")]
    events = read("The court sentenced Nurlan Abish to five years and released Dias Omar.", ABISH, OMAR)
    assert {(one.watches, one.type.value) for one in events} == {(("abish",), "sentence"), (("omar",), "release")}


def test_a_surname_or_pronoun_leads_back_to_the_full_name() -> None:
    assert told("Nurlan Abish is a poet. On May 3 Abish was detained.") == [("arrest", "actual", "2023-05-03")]
    assert told("Nurlan Abish is a poet. Police detained him on May 3.") == [("arrest", "actual", "2023-05-03")]
    assert told("Nurlan Abish is a poet. The activist was detained on May 3.") == [("arrest", "actual", "2023-05-03")]


def test_a_headline_may_use_the_surname_of_the_text() -> None:
    events = read(
        "Nurlan Abish is a poet from Oral, where the roads are long and the winters are cold.", title="Abish freed on bail"
    )
    assert [(one.field, one.type.value) for one in events] == [(TextField.TITLE, "release")]


def test_an_organisation_is_concerned_by_its_own_trial() -> None:
    text = "A court in Oral will hear the ministry's suit to dissolve the Dala Writers Circle on May 30."
    assert [(one.watches, one.date) for one in read(text, UNION)] == [(("union",), "2023-05-30")]


def test_one_event_told_twice_is_one_entry_with_the_better_date() -> None:
    text = "Nurlan Abish was arrested. His wife said Abish was detained on May 3. After his arrest he fell ill."
    assert told(text) == [("arrest", "actual", "2023-05-03")]


def test_each_clause_keeps_its_own_date() -> None:
    text = "Nurlan Abish was detained at the airport on May 2 and transferred to house arrest on May 5."
    assert told(text) == [("arrest", "actual", "2023-05-02"), ("house_arrest", "actual", "2023-05-05")]


def test_quotes_and_sentences_stand_in_the_text() -> None:
    text = "It rained. Nurlan Abish was detained on May 3, his wife said. It rained again."
    (event,) = read(text)
    assert text[event.start : event.end] == event.quote == "detained on May 3"
    assert event.sentence == "Nurlan Abish was detained on May 3, his wife said."


def test_a_moved_hearing_remembers_its_old_day() -> None:
    (event,) = read("The hearing of Nurlan Abish, set for May 14, has been moved to May 28.")
    assert (event.date, event.old_date) == ("2023-05-28", "2023-05-14")


def test_without_a_day_of_publication_dates_need_a_year() -> None:
    assert [one.date for one in read("Nurlan Abish was detained on May 3.", published=None)] == [None]
    assert [one.date for one in read("Nurlan Abish was detained on May 3, 2019.", published=None)] == ["2019-05-03"]


def test_other_languages_tell_no_events_yet() -> None:
    result = Matcher([Watch("a", WatchKind.PERSON, "Нурлан Абиш")]).match(
        Text({TextField.TEXT: "Нурлан Абиш был арестован 3 мая."}, "ru", PUBLISHED)
    )
    assert (len(result.mentions), result.events, result.dates) == (1, (), ())


_WORDS = st.sampled_from(
    [
        "Nurlan Abish", "Abish", "he", "his", "brother", "was", "arrested", "released", "sentenced to",
        "the trial of", "and", ",", ".", ";",
        "who", "(", ")", "'s", "on May 3", "six years", "house arrest", "police", "not", "will", "that", "after",
        "A.", "\n\n", "\ud83d", "to",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_WORDS, max_size=40).map(" ".join) | st.text(st.characters(exclude_categories=()), max_size=100))
def test_reading_never_fails_and_quotes_what_is_there(text: str) -> None:
    text = "Nurlan Abish. " + text
    for event in read(text):
        assert text[event.start : event.end] == event.quote
        assert event.watches == ("abish",)
