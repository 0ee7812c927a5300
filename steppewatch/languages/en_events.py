"""English: the words that tell what happened to whom, as data.

Precision comes before quantity: a word is here because it tells of law or custody in ordinary newspaper English. Patterns are
matched against the text of one sentence without regard to capitals; `N` stands for a count of years, months or days.
"""

from __future__ import annotations

# ------------------------------------------------------------------------------------------------------- sentences, words
ABBREVIATIONS = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "gen", "col", "lt", "sgt", "st", "no", "nos", "art", "vs", "u.s", "u.n", "e.g",
    "i.e", "a.m", "p.m",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "co", "inc", "ltd", "jr",
    "sr", "rev", "gov", "sen",
})  # fmt: skip
# These may also end a sentence.
ABBREVIATIONS_AT_END = frozenset({"a.m", "p.m", "u.s", "u.n", "inc", "co", "ltd", "no", "jr", "sr"})

PREPOSITIONS = frozenset({
    "of", "for", "in", "on", "at", "by", "with", "from", "to", "into", "against", "about", "over", "near", "outside",
    "inside", "under",
    "without", "among", "between", "during", "through", "like", "than", "despite", "including", "toward", "towards",
    "per", "via", "beside",
    "behind", "across", "around", "within", "along", "upon", "concerning", "involving", "alongside", "following",
    "except", "versus", "off",
})  # fmt: skip
SUBORDINATORS = frozenset({
    "after", "before", "while", "because", "when", "if", "although", "though", "since", "until", "unless", "whereas",
    "whether", "that",
    "as", "once", "whenever", "where", "how", "why", "despite",
})  # fmt: skip
RELATIVES = frozenset({"who", "whom", "whose", "which"})
COORDINATORS = frozenset({"and", "but", "or", "nor", "yet", "then"})
DETERMINERS = frozenset({
    "a", "an", "the", "this", "that", "these", "those", "another", "some", "several", "many", "most", "both", "all",
    "no", "any", "each",
    "every", "few", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "dozens", "hundreds", "its",
})  # fmt: skip
# he, she and their forms, with the gender they tell; they and it point to no single watched person.
SUBJECT_PRONOUNS = {"he": "m", "she": "f", "him": "m", "himself": "m", "herself": "f"}
POSSESSIVE_PRONOUNS = {"his": "m", "her": "f"}
PLURAL_PRONOUNS = frozenset(
    {"they", "them", "we", "i", "you", "us", "me", "it", "nobody", "everyone", "everybody", "others", "someone"}
)
PLURAL_POSSESSIVES = frozenset({"their", "its", "our", "my", "your"})
BE = frozenset({
    "was", "were", "is", "are", "be", "been", "being", "am", "got", "gets", "get", "getting", "'s", "remains",
    "remained", "wasn't", "weren't", "isn't", "aren't",
})  # fmt: skip
HAVE = frozenset({"has", "have", "had", "having", "hasn't", "haven't", "hadn't"})
AUXILIARIES = BE | HAVE | {
    "will", "would", "can", "could", "may", "might", "shall", "should", "must", "did", "does", "do", "didn't",
    "won't", "couldn't", "to",
}  # fmt: skip
ADVERBS = frozenset({
    "also", "then", "later", "again", "now", "still", "already", "first", "finally", "reportedly", "allegedly",
    "formally", "officially",
    "briefly", "immediately", "subsequently", "recently", "eventually", "initially", "secretly", "arbitrarily",
    "forcibly", "violently",
    "all", "both", "currently", "just", "soon", "not", "never", "even", "only", "once", "twice", "unexpectedly",
    "previously", "illegally",
})  # fmt: skip

# -------------------------------------------------------------------------------------------------------------- persons
# Who acts for the state: never the one it happens to.
AGENTS = frozenset({
    "police", "officer", "officers", "policemen", "policeman", "court", "courts", "judge", "judges", "prosecutor",
    "prosecutors",
    "authorities", "authority", "investigator", "investigators", "agents", "guards", "guard", "officials", "official",
    "ministry",
    "government", "commission", "department", "agency", "committee", "council", "patrol", "kazakhstan", "china",
    "service", "services",
    "state", "jury", "tribunal", "panel", "troops", "soldiers", "detectives", "security", "detective", "spokesman",
    "spokeswoman",
    "minister", "president", "governor", "mayor", "deputy", "ambassador", "consul", "clerk", "bailiff", "bailiffs",
    "border",
})  # fmt: skip
# Who speaks about it or stands near: a person of their own, with the gender the word tells.
BYSTANDERS: dict[str, str] = {
    "brother": "m", "brothers": "", "sister": "f", "sisters": "", "wife": "f", "husband": "m", "mother": "f",
    "father": "m", "son": "m",
    "sons": "", "daughter": "f", "daughters": "", "cousin": "", "cousins": "", "uncle": "m", "aunt": "f",
    "nephew": "m", "niece": "f",
    "parents": "", "children": "", "child": "", "family": "", "relative": "", "relatives": "", "grandmother": "f",
    "grandfather": "m",
    "brother-in-law": "m", "sister-in-law": "f", "parents-in-law": "", "father-in-law": "m", "mother-in-law": "f",
    "son-in-law": "m",
    "lawyer": "", "lawyers": "", "attorney": "", "attorneys": "", "counsel": "", "advocate": "", "defender": "",
    "defence": "",
    "defense": "", "friend": "", "friends": "", "colleague": "", "colleagues": "", "supporter": "", "supporters": "",
    "neighbour": "",
    "neighbours": "", "neighbor": "", "neighbors": "", "partner": "", "fellow": "", "deputy": "", "assistant": "",
    "driver": "",
    "bodyguard": "", "follower": "", "followers": "", "member": "", "members": "", "aide": "", "aides": "",
    "associate": "",
    "associates": "", "namesake": "", "people": "", "men": "", "women": "", "protesters": "", "protester": "",
    "demonstrators": "",
    "activists": "", "journalists": "", "reporters": "", "detainees": "", "prisoners": "", "suspects": "",
    "defendants": "",
    "workers": "", "students": "", "teachers": "", "others": "", "person": "", "participants": "", "witness": "",
    "witnesses": "",
    "villagers": "", "farmers": "", "residents": "", "volunteers": "", "campaigners": "", "persons": "", "boy": "m",
    "girl": "f",
    "employee": "", "employees": "", "client": "", "roommate": "", "stranger": "", "owner": "", "tenant": "",
    "translator": "",
    "photographer": "", "signatory": "", "inmate": "", "inmates": "", "youths": "", "drivers": "", "fans": "",
    "researchers": "",
}  # fmt: skip
# "The activist" may be the person named before.
DESCRIPTIONS = frozenset({
    "activist", "campaigner", "journalist", "blogger", "writer", "poet", "scholar", "academic", "professor",
    "teacher", "student", "singer",
    "musician", "defendant", "accused", "detainee", "prisoner", "dissident", "suspect", "man", "woman", "organiser",
    "organizer", "editor",
    "publisher", "nurse", "doctor", "reporter", "politician", "leader", "businessman", "businesswoman",
    "entrepreneur", "researcher",
    "artist", "film-maker", "filmmaker", "director", "imam", "cleric", "farmer", "worker", "engineer", "trader",
    "surveyor", "refugee",
    "asylum-seeker", "seeker", "convict", "author", "anthropologist", "historian", "linguist", "pensioner",
    "chairman", "founder",
    "head", "unionist", "lecturer", "columnist", "translator", "critic", "oppositionist", "whistleblower",
    "petitioner", "applicant",
})  # fmt: skip
# Between a determiner and one of these nothing is said about persons.
TIME_NOUNS = frozenset({
    "day", "days", "week", "weeks", "month", "months", "year", "years", "hour", "hours", "morning", "afternoon",
    "evening", "night",
    "minutes", "time", "times", "decade", "decades", "spring", "summer", "autumn", "winter", "weekend", "moment",
    "period",
})  # fmt: skip
# A run of capitals with one of these is an institution, a place or a title, not a person.
NOT_PERSONS = frozenset({
    "court", "ministry", "district", "city", "region", "province", "county", "street", "avenue", "square",
    "university", "institute",
    "school", "committee", "commission", "council", "party", "republic", "national", "people's", "press", "wire",
    "times", "radio", "free",
    "europe", "asia", "human", "rights", "watch", "association", "agency", "office", "bank", "group", "union",
    "union's", "house", "prison",
    "airport", "hotel", "station", "centre", "center", "police", "department", "international", "amnesty", "united",
    "states", "nations",
    "kazakhstan", "china", "xinjiang", "kazakh", "chinese", "uyghur", "russian", "turkish", "new", "york", "hong",
    "kong", "nur-sultan",
    "almaty", "astana", "beijing", "urumqi", "criminal", "code", "article", "ministry's", "foreign", "interior",
    "justice", "supreme",
    "regional", "high", "medeu", "central", "north", "south", "east", "west", "northern", "southern", "eastern",
    "western", "security",
    "intermediate", "service", "news", "post", "tribune", "journal", "review", "weekly", "daily", "network",
    "movement", "society",
    "foundation", "fund", "film", "festival", "street's", "development", "arrest", "world", "cup", "league",
    "academy", "museum",
    "library", "theatre", "theater", "cinema", "park", "bridge", "mountain", "lake", "river", "valley", "village",
    "consulate", "embassy",
    "bureau", "federation", "company", "corporation", "factory", "television", "tv", "channel", "facebook", "twitter",
    "instagram",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march",
    "april", "may", "june",
    "july", "august", "september", "october", "november", "december", "act", "law", "convention", "islamic",
    "communist", "general", "public",
})  # fmt: skip
SPEECH = frozenset({
    "said", "says", "say", "told", "tells", "wrote", "writes", "announced", "announces", "confirmed", "confirms",
    "reported", "reports",
    "stated", "posted", "added", "adds", "explained", "quoted", "published", "tweeted", "informed", "spoke",
    "replied", "answered", "claimed",
    "testified", "noted", "recalled", "asked", "learned", "learnt", "received", "according",
})  # fmt: skip

# --------------------------------------------------------------------------------------------------------------- statuses
NEGATIONS = frozenset({"not", "never", "neither", "nor", "nobody", "none", "without", "cannot", "no-one"})
DENIALS = frozenset({
    "denied", "denies", "deny", "denying", "refuted", "refutes", "rejected", "dismissed", "avoided", "escaped",
    "false", "untrue", "refused", "refuses", "failed",
})  # fmt: skip
MODALS = frozenset({"could", "may", "might", "can", "should", "would", "must", "couldn't", "ought"})
# Fear, demand, request: what they speak of has not happened. Stems, matched at the beginning of a word.
WISHES = (
    "waiting", "supposed", "fear", "afraid", "risk", "threat", "warn", "demand", "urg", "request", "seek", "sought", "hope",
    "hoping", "wants", "wanted",
    "petition", "plead", "possible", "potential", "possibly", "perhaps", "likely", "propos", "danger", "facing",
    "faces", "faced",
    "asked", "asks", "asking", "calls", "called", "calling", "insist", "recommend", "suspects", "if", "whether",
    "unless", "campaign", "lobb", "await", "considering", "speculat", "rumour", "rumor",
)  # fmt: skip
PLANS = frozenset({
    "will", "shall", "due", "scheduled", "planned", "plans", "plan", "expected", "intend", "intends", "fixed", "'ll",
    "upcoming", "tomorrow", "won't",
})  # fmt: skip
BACKGROUND = frozenset({
    "since", "after", "before", "following", "until", "when", "anniversary", "despite", "over", "during", "previous",
    "earlier", "former",
    "because", "marked", "marking", "mark", "serving", "served", "recalled", "remember", "commemorate", "once", "ago",
    "prior",
})  # fmt: skip
# Before a noun these tell that it happens now: "ordered the release of", "announced the arrest of".
REPORTS_OF = frozenset({
    "ordered", "orders", "announced", "confirmed", "reported", "imposed", "extended", "approved", "sanctioned",
    "issued", "upheld",
    "prolonged", "authorised", "authorized", "handed", "served", "got", "received", "granted", "secured", "won",
})  # fmt: skip
# Verbs that carry the date of a sitting or a measure: no events of their own beside it.
CARRIERS = frozenset({
    "did", "supposed",
    "set", "scheduled", "fixed", "due", "planned", "opened", "resumed", "began", "started", "held", "postponed",
    "adjourned", "moved",
    "took", "expected", "placed", "ordered", "handed", "taken", "put", "given", "gave", "sent", "transferred",
    "continued", "ended", "closed",
    "concluded", "remanded", "delayed", "rescheduled", "confined", "kept", "allowed", "led", "brought", "been", "was",
    "were", "had", "has",
    "ruled", "decided", "based", "aged", "left", "named", "called", "accused", "suspected", "unregistered", "walked",
    "lodged", "filed",
    "heard", "considered", "examined", "reviewed", "read", "tried", "charged",
})  # fmt: skip
# Words that are a noun or a verb: the word before decides.
NOUN_OR_VERB = frozenset({
    "arrest", "detain", "release", "sentence", "convict", "jail", "free", "extradite", "deport", "expel", "hand",
    "trial", "appeal",
})  # fmt: skip
# Verbs in the present that may follow a noun phrase without any auxiliary.
PRESENT_VERBS = frozenset({
    "says", "tells", "resumes", "starts", "begins", "opens", "continues", "goes", "stands", "faces", "appears",
    "takes", "hears", "remains",
    "runs", "ends", "closes", "describes", "names", "asks", "wants", "fears", "plans", "believes", "expects", "hopes",
    "knows", "lives",
    "works", "meets", "visits", "keeps", "calls", "sends", "comes", "returns", "leaves", "seeks", "denies", "rests",
    "carries",
    "walk", "walks", "testify", "believe", "say", "tell", "fear", "expect", "hope", "think", "want",
})  # fmt: skip
# What may open an insertion between commas: `X, a teacher from Oral, was ...`.
INSERTION_OPENERS = frozenset({
    "a", "an", "the", "his", "her", "one", "formerly", "aged", "head", "founder", "leader", "chairman", "editor",
    "also", "however",
    "too", "together", "along", "meanwhile", "then", "now", "according", "mother", "father", "author", "another",
})  # fmt: skip
# Of whom a proceeding, a measure or a paper is: `the trial of X`, `a case against X`.
LINKS = frozenset({"of", "for", "against", "involving", "concerning"})
# What belongs to a proceeding: `the hearing in the case of X`, `a hearing on X's complaint`.
PAPERS = frozenset({
    "term",
    "case", "cases", "appeal", "appeals", "complaint", "suit", "lawsuit", "petition", "claim", "charges",
    "conviction", "sentence", "trial",
    "detention", "arrest", "verdict", "hearing", "release", "application", "extradition", "request", "criminal",
    "investigation", "file",
})  # fmt: skip
# Whoever faces, fears or attends it is the one it is about: `X faces trial`.
UNDERGOING = frozenset({
    "faces", "face", "facing", "faced", "fears", "fear", "feared", "awaits", "await", "awaiting", "escaped",
    "avoided", "resisted", "risks",
    "risk", "risked", "attended", "attends", "under", "pending", "serving", "served", "told", "appeared", "after",
    "before", "since", "during", "at", "evaded",
})  # fmt: skip
DEFENDERS = frozenset({
    "lawyer", "lawyers", "attorney", "attorneys", "defence", "defense", "counsel", "defender", "advocate",
})  # fmt: skip
PLURAL_BE = frozenset({"were", "are", "have", "remain", "walk", "face", "aren't", "weren't"})
# A sitting is moved.
PUT_OFF = frozenset({
    "postponed", "adjourned", "moved", "put", "rescheduled", "delayed", "deferred", "pushed", "postponement", "shifted",
})  # fmt: skip
# Words in -ed that are no verbs of the past.
NOT_PAST = frozenset({
    "hatred", "hundred", "sacred", "united", "kindred", "indeed", "exceed", "proceed", "need", "speed", "alleged",
    "so-called",
})  # fmt: skip
# What a sitting does on a further day.
GOES_ON = frozenset({"continue", "resume", "reconvene"})

# `No date has been set for a trial`: the nouns for its day, and what is done to it.
DAY_NOUNS = frozenset({"date", "dates", "day"})
FIXED = frozenset({"set", "fixed", "named", "announced", "scheduled", "given", "chosen", "agreed"})
