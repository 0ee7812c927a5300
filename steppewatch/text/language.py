"""Which language a text is in. Scripts and letters decide first; pycld2 knows neither Latin Kazakh nor Latin Uyghur."""

from __future__ import annotations

import re

import pycld2

from steppewatch.languages import letters
from steppewatch.text.script import Script, main_script

_SAMPLE = 4_000
_WORD = re.compile(r"[^\W\d_]+")
# pycld2 refuses text with control characters, half surrogates and code points that are no characters.
_NOT_TEXT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001fffe-\U0001ffff\U0002fffe-\U0010ffff]"
)
# Below this share of English function words a text is not English, above the other it is.
_HARDLY_ENGLISH, _SURELY_ENGLISH = 0.06, 0.2
_ENOUGH_WORDS = 20


def identify(text: str, hint: str | None = None) -> str | None:
    """The language of a text as a BCP 47 tag (`en`, `kk`, `kk-Arab`, `zh-Hant`), or None.

    `hint` is what somebody claims; it counts where script and words do not speak against it.
    """
    sample = text[:_SAMPLE]
    script = main_script(sample)
    if script is None:
        return _canonical(hint) if hint else None
    claimed = _canonical(hint) if hint else None
    if (
        claimed
        and script in letters.SCRIPTS.get(claimed.split("-")[0], (script,))
        and not _speaks_against(sample, script, claimed)
    ):
        return _with_script(claimed, script)
    return _detect(sample, script)


def _canonical(hint: str) -> str | None:
    parts = [part for part in re.split(r"[-_]", hint.strip().lower()) if part]
    if not parts or not re.fullmatch(r"[a-z]{2,3}", parts[0]):
        return None
    traditional = parts[0] == "zh" and {"hant", "tw", "hk", "mo"} & set(parts[1:])
    return "zh-Hant" if traditional else parts[0]


def _with_script(tag: str, script: Script) -> str:
    usual = letters.SCRIPTS.get(tag.split("-", maxsplit=1)[0], (script,))[0]
    return tag if script == usual or "-" in tag else f"{tag}-{script}"


def _speaks_against(sample: str, script: Script, claimed: str) -> bool:
    if script is not Script.LATIN:
        return False
    words = _WORD.findall(sample.lower())
    if len(words) < _ENOUGH_WORDS:
        return False
    share = _english_share(words)
    return share < _HARDLY_ENGLISH if claimed == "en" else share > _SURELY_ENGLISH


def _english_share(words: list[str]) -> float:
    return sum(word in letters.ENGLISH_FUNCTION_WORDS for word in words) / len(words) if words else 0.0


def _detect(sample: str, script: Script) -> str | None:
    if script is Script.HAN:
        return "zh-Hant" if _count(sample, letters.TRADITIONAL) > _count(sample, letters.SIMPLIFIED) else "zh"
    if script is Script.LATIN and _english_share(_WORD.findall(sample.lower())) > _SURELY_ENGLISH:
        return "en"
    present = set(sample.lower())
    for tag, needed, excluded in letters.BY_LETTERS.get(script, ()):
        if present & set(needed) and not present & set(excluded):
            return tag
    return _ask_cld(sample, script)


def _count(sample: str, chars: str) -> int:
    return sum(sample.count(char) for char in chars)


def _ask_cld(sample: str, script: Script) -> str | None:
    try:
        _, _, guesses = pycld2.detect(_NOT_TEXT.sub(" ", sample))
    except (pycld2.error, ValueError):
        return None
    tag = guesses[0][1]
    if tag == "un":
        return letters.LIKELIEST.get(script)
    primary = _canonical(tag)
    if primary is None or script not in letters.SCRIPTS.get(primary, (script,)):
        return letters.LIKELIEST.get(script)
    return _with_script(primary, script)
