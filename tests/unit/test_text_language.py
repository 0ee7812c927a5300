"""Which language a text is in: script and letters first, hints where nothing speaks against them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppewatch.text.language import identify
from steppewatch.text.script import Script, main_script

ENGLISH = "The court in the old town will hear the case of the two farmers on Monday, and the mayor said that he was glad of it."
TURKISH = (
    "Mahkeme iki çiftçinin davasını pazartesi günü görecek ve belediye başkanı bundan memnun olduğunu söyledi, "
    "köy halkı bekliyor, yol uzun, hava soğuk, ama kimse evine dönmek istemiyor."
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (TURKISH, "tr"),
        ("Суд рассмотрит дело двух фермеров в понедельник, и мэр был этому рад.", "ru"),
        ("Сот екі фермердің ісін дүйсенбіде қарайды, әкім бұған қуанды.", "kk"),
        ("Сот эки дыйкандын ишин дүйшөмбүдө карайт, мэр буга кубанды деди.", "ky"),
        ("سوت ئىككى دېھقاننىڭ دېلوسىنى دۈشەنبە كۈنى كۆرىدۇ.", "ug"),
        ("法院将于星期一审理两名农民的案件。", "zh"),
        ("法院將於星期一審理兩名農民的案件，市長說他很高興。", "zh-Hant"),
        ("", None),
        ("1 2 3", None),
    ],
)
def test_language_without_a_hint(text: str, language: str | None) -> None:
    assert identify(text) == language


def test_a_hint_that_fits_is_believed_and_normalised() -> None:
    assert identify("Serikjan Bilash", "en-US") == "en"
    assert identify("新疆", "zh_TW") == "zh-Hant"
    assert identify("حابار", "kk") == "kk-Arab"


def test_a_hint_that_does_not_fit_is_passed_over() -> None:
    assert identify("Суд рассмотрит дело двух фермеров в понедельник.", "en") == "ru"
    assert identify(TURKISH, "en") == "tr"
    assert identify(ENGLISH, "tr") == "en"
    assert identify(ENGLISH, "!!") == "en"


def test_main_script_weighs_letters() -> None:
    assert main_script("Билаш (Bilash) сказал") is Script.CYRILLIC
    assert main_script("新疆 Xinjiang") is Script.LATIN
    assert main_script("¿?") is None


@given(st.text(st.characters(exclude_categories=()), max_size=300), st.none() | st.text(max_size=8))
def test_identify_never_raises(text: str, hint: str | None) -> None:
    identify(text, hint)
