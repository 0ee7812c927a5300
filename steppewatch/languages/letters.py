"""By which letters and words we tell languages apart."""

from __future__ import annotations

# Scripts of each language, the usual one first (ISO 15924; Han stands for both forms of Chinese writing).
SCRIPTS: dict[str, tuple[str, ...]] = {
    "en": ("Latn",),
    "tr": ("Latn",),
    "de": ("Latn",),
    "fr": ("Latn",),
    "uz": ("Latn", "Cyrl", "Arab"),
    "kk": ("Cyrl", "Latn", "Arab"),
    "ug": ("Arab", "Latn", "Cyrl"),
    "ru": ("Cyrl",),
    "ky": ("Cyrl", "Arab"),
    "uk": ("Cyrl",),
    "zh": ("Han",),
    "ar": ("Arab",),
    "fa": ("Arab",),
}

# (language, it has at least one of these letters, and none of these), the first that fits.
BY_LETTERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Cyrl": (
        ("uk", "єїґ", "әғқңұһ"),
        ("be", "ў", "әғқңұһҳ"),
        ("uz-Cyrl", "ўҳ", "әңұһ"),
        ("ug-Cyrl", "җ", "ұіыщ"),
        ("tt", "җ", "ғқұі"),
        ("kk", "ұ", ""),
        ("kk", "әғқ", "җ"),
        ("ky", "ңөү", "әғқұі"),
        ("kk", "і", "єї"),
    ),
    "Arab": (
        ("ug", "ېۈۆ", ""),
        ("kk-Arab", "ٴ", ""),
        ("kk-Arab", "ۇۋڭ", "ېۈۆئ"),
        ("ug", "ەڭۇ", ""),
    ),
    "Latn": (),
}

# What a text in this script is when nothing else speaks.
LIKELIEST: dict[str, str] = {"Cyrl": "ru"}

# Words that no English sentence does without for long, and that are rare in other languages.
# fmt: off
ENGLISH_FUNCTION_WORDS = frozenset([
    "the", "of", "and", "to", "in", "was", "is", "for", "on", "that", "by", "with", "from", "has", "had", "his",
    "her", "he", "she", "they", "their", "it", "at", "as", "be", "been", "were", "are", "not", "after", "before",
    "who", "which", "will", "would", "said", "an", "this", "but", "have", "its", "or", "where", "when", "against",
    "under", "until",
])
# fmt: on

# Frequent characters that exist in one of the two forms of Chinese writing only.
TRADITIONAL = "這個們來時說國會對發經過還進學問點後為與無開關長東車見門馬電話機場報導維爾"
SIMPLIFIED = "这个们来时说国会对发经过还进学问点后为与无开关长东车见门马电话机场报导维尔"
