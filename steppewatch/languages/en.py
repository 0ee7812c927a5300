"""English: the words in which dates are told, as data. Sources: everyday newspaper usage, AP and Guardian style books."""

from __future__ import annotations

MONTHS: dict[str, int] = {
    "January": 1,
    "February": 2,
    "March": 3,
    "April": 4,
    "May": 5,
    "June": 6,
    "July": 7,
    "August": 8,
    "September": 9,
    "October": 10,
    "November": 11,
    "December": 12,
}
# Short forms count beside a day or a year only: "Mar", "Jun" and "Dec" alone may be anything.
MONTHS_SHORT: dict[str, int] = {
    "Jan": 1,
    "Feb": 2,
    "Mar": 3,
    "Apr": 4,
    "Jun": 6,
    "Jul": 7,
    "Aug": 8,
    "Sep": 9,
    "Sept": 9,
    "Oct": 10,
    "Nov": 11,
    "Dec": 12,
}
# Monday is 0, as in datetime.date.weekday().
WEEKDAYS: dict[str, int] = {
    "Monday": 0,
    "Tuesday": 1,
    "Wednesday": 2,
    "Thursday": 3,
    "Friday": 4,
    "Saturday": 5,
    "Sunday": 6,
}
NUMBERS: dict[str, int] = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}
# Words that say where a date stands from the day of publication, in days.
DAY_WORDS: dict[str, int] = {
    "the day after tomorrow": 2,
    "the day before yesterday": -2,
    "tomorrow": 1,
    "yesterday": -1,
    "today": 0,
}
# A month without day and year counts only after one of these ("in March", but not "the March for justice").
BEFORE_MONTH: tuple[str, ...] = (
    "in", "since", "until", "till", "by", "from", "during", "through", "before", "after", "between", "of", "to", "and",
    "early", "late", "mid", "last", "next", "this",
)  # fmt: skip
# A year alone counts only after one of these ("in 2019"; not "won 2019 votes").
BEFORE_YEAR: tuple[str, ...] = (
    "in",
    "since",
    "until",
    "till",
    "by",
    "from",
    "during",
    "between",
    "before",
    "after",
    "of",
    "early",
    "late",
    "mid",
)
# "in May Tan's office", "April 8 Street": what follows makes it a name.
NAME_AFTER_DATE: tuple[str, ...] = (
    "Street", "street", "Avenue", "avenue", "Square", "square", "Boulevard", "Road", "Park", "Movement", "movement",
    "Prospect", "School", "Factory", "Bridge", "Incident", "Revolution", "Coup",
)  # fmt: skip
NAME_AFTER_WEEKDAY: tuple[str, ...] = (
    "Times",
    "Mail",
    "Telegraph",
    "Mirror",
    "Post",
    "Night",
    "Prayers",
    "prayers",
    "prayer",
    "newspaper",
)
NAME_BEFORE_WEEKDAY: tuple[str, ...] = (
    "Black",
    "Good",
    "Palm",
    "Easter",
    "Ash",
    "Holy",
    "Bloody",
    "every",
    "each",
    "Every",
    "Each",
    "a",
    "A",
    "most",
    "some",
)
# What tells that a weekday or "in three days" lies ahead, or behind.
FUTURE_CUES: tuple[str, ...] = (
    "will", "shall", "'ll", "is due", "are due", "is to", "are to", "due", "set for", "fixed for", "planned for",
    "scheduled for",
    "is scheduled", "is expected", "are expected", "would", "starts", "begins", "opens", "resumes",
    "continues", "takes place", "hears", "goes on trial", "appears", "faces", "is set", "are set", "moved to",
    "postponed to",
    "adjourned to", "put off to", "next hearing is", "plans", "planned", "ends", "expires", "runs", "closes", "meets",
)  # fmt: skip
PAST_CUES: tuple[str, ...] = (
    "said", "told", "wrote", "was", "were", "had", "did", "took", "went", "came", "gave", "sent", "left", "held",
    "found",
    "brought", "led", "got", "began", "heard", "saw", "met", "made", "ruled", "became", "fell", "has been",
    "have been", "stood",
    "spoke", "broke", "put", "flew", "drove", "kept", "let", "fled", "ran", "lost", "won", "built", "bought", "sold",
    "paid",
)  # fmt: skip
# The end of a stretch of text in which one tense holds.
TENSE_BORDERS: tuple[str, ...] = ("that", "and", "but", "who", "which", "while", "because", "after", "before", "when", "where")
