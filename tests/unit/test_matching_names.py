"""Names and terms, letter for letter after folding, as whole words, in any script."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.matching import Matcher
from alerts.matching.names import MOST_MENTIONS, NameFinder
from steppewatch.model import Mention, Text, TextField, Watch, WatchKind

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


def person(name: str, *aliases: str, not_terms: tuple[str, ...] = (), id: str = "p") -> Watch:
    return Watch(id, WatchKind.PERSON, name, aliases=aliases, not_terms=not_terms)


def find(watch: Watch, text: str) -> list[Mention]:
    return NameFinder([watch]).find(text, TextField.TEXT)


def surfaces(watch: Watch, text: str) -> list[str]:
    found = find(watch, text)
    assert all(text[one.start : one.end] == one.surface for one in found)
    return [one.surface for one in found]


def test_every_mention_says_why() -> None:
    watch = person("Marlen Adilkhan", "Марлен Адильхан")
    (exact, capitals, alias, blank) = find(watch, "Marlen Adilkhan; MARLEN ADILKHAN; Марлен Адильхан; Marlen\nAdilkhan")
    assert exact.why == 'name "Marlen Adilkhan", letter for letter'
    assert capitals.why == 'name "Marlen Adilkhan", capitals folded'
    assert alias.why == 'alias "Марлен Адильхан", letter for letter'
    assert blank.why == 'name "Marlen Adilkhan", white space folded'
    assert exact.score > capitals.score


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Kashgar", "a Kashgar-based trader, Kashgar’s wall and kashgar.", ["Kashgar", "Kashgar", "kashgar"]),
        ("Kashgar", "Kashgarian Kashgars xKashgar Kashgar7", []),
        ("Brien", "O'Brien", []),
        ("Kaşgar", "Kaşgar'da", ["Kaşgar"]),
        ("Ma", "Ma'mut and Ma's", ["Ma"]),
        ("Ali Haji", "Ali, Haji; Ali. Haji; Ali-Haji", []),
        ("Nur-Sultan", "Nur‑Sultan, Nur–Sultan", ["Nur‑Sultan", "Nur–Sultan"]),
        ("राम", "रामु", []),
        ("Heyit", "HEYİT İİ HEYIT", ["HEYİT", "HEYIT"]),
        ("新疆", "在新疆的Atajurt", ["新疆"]),
        ("Atajurt", "在Atajurt工作", ["Atajurt"]),
        ("阿里·汗", "说阿里 • 汗来", ["阿里 • 汗"]),
        ("Бияш", "Бия\u200dш и Бияшев", ["Бия\u200dш"]),
        ("C++", "C and C++", ["C++"]),
        ("#FreeBilash", "FreeBilash #FreeBilash", ["#FreeBilash"]),
    ],
)
def test_whole_words(name: str, text: str, expected: list[str]) -> None:
    assert surfaces(person(name), text) == expected


def test_the_longest_spelling_counts_once() -> None:
    watch = person("Tugan Dala", "Tugan Dala Volunteers", "Dala")
    assert surfaces(watch, "Tugan Dala Volunteers of Tugan Dala in Dala") == ["Tugan Dala Volunteers", "Tugan Dala", "Dala"]


def test_not_phrases_veto_what_they_hold() -> None:
    watch = person("Bilash", not_terms=("Bilash Airport", "New Bilash"))
    assert surfaces(watch, "Bilash Airport, New Bilash, Bilash Airports") == ["Bilash"]


def test_two_watches_share_a_spelling() -> None:
    finder = NameFinder([person("Marlen Adilkhan", id="a"), person("Marlen Adilkhan", id="b"), person("Adilkhan", id="c")])
    assert {one.watch for one in finder.find("Marlen Adilkhan", TextField.TEXT)} == {"a", "b", "c"}


def test_keywords_have_terms_and_their_name_is_only_a_label() -> None:
    watch = Watch("k", WatchKind.KEYWORD, "Camps", terms=("re-education camp", "лагерь"))
    found = find(watch, "Camps: a re-education  camp, лагерь")
    assert [one.surface for one in found] == ["re-education  camp", "лагерь"]
    assert found[0].why.startswith('term "re-education camp"')


def test_empty_spellings_find_nothing() -> None:
    assert surfaces(person("", "...", "\u200b"), "... \u200b text") == []
    assert Matcher([]).match(Text({TextField.TEXT: "Bilash"})).mentions == ()


def test_a_text_that_repeats_a_name_stays_small() -> None:
    assert len(find(person("Bilash"), "Bilash " * (MOST_MENTIONS + 50))) == MOST_MENTIONS


def test_mentions_follow_the_order_of_the_fields() -> None:
    fields = {TextField.TITLE: "Bilash", TextField.TEXT: "Bilash", TextField.PAGE: "Bilash"}
    mentions = Matcher([person("Bilash")]).match(Text(fields)).mentions
    assert [one.field for one in mentions] == [TextField.TITLE, TextField.TEXT, TextField.PAGE]


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_surfaces_stand_where_they_are_said_to(before: str, after: str, names: list[str]) -> None:
    watches = [person("Marlen Adilkhan", "新疆", "İl", id="fixed"), *(person(name, id=str(at)) for at, name in enumerate(names))]
    text = before + " Marlen Adilkhan " + "".join(names) + after
    for one in Matcher(watches).match(Text({TextField.TEXT: text, TextField.TITLE: after}, "en")).mentions:
        field = text if one.field is TextField.TEXT else after
        assert field[one.start : one.end] == one.surface


@settings(deadline=None)
@given(ANY_TEXT)
def test_a_text_finds_itself(name: str) -> None:
    watch = person(f"Marlen {name} Adilkhan")
    assert surfaces(watch, f"x. {watch.name} .x")


@pytest.mark.parametrize(
    "unit",
    ["Bilash ", "Serikjan Bilash ", "a", "新疆", "a\u0301", "\ud83d", "Serikjan  ", "'", "Serikjan-", "ى\u0654"],
)
def test_the_time_grows_with_the_length_only(unit: str) -> None:
    finder = NameFinder(
        [person("Serikjan Bilash"), person("新疆新疆新疆新", id="z"), person("Serikjan Serikjan Serikjan", id="s")]
    )

    def cost(length: int) -> float:
        text = unit * (length // len(unit))
        start = time.process_time()
        finder.find(text, TextField.TEXT)
        return time.process_time() - start

    cost(1_000)
    small, large = max(cost(100_000), 0.01), cost(400_000)
    assert large < 12 * small  # four times the text; a square would be sixteen times the work


def test_ten_thousand_watches_cost_no_more_than_one() -> None:
    text = "Nobody here is watched, and nothing of this is news. " * 4_000
    one = NameFinder([person("Serikjan Bilash")])
    many = NameFinder([person(f"Given{at} Surname{at % 97}", id=str(at)) for at in range(10_000)])

    def cost(finder: NameFinder) -> float:
        start = time.process_time()
        finder.find(text, TextField.TEXT)
        return time.process_time() - start

    assert min(cost(many) for _ in range(3)) < 4 * max(min(cost(one) for _ in range(3)), 0.01)
