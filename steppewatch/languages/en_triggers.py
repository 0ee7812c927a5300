"""English: the phrases that tell an event, each with the way to find whom it happens to. Patterns ignore capitals."""

from __future__ import annotations

from enum import Enum

from steppewatch.model import EventType


class Frame(Enum):
    """Where the one it happens to stands."""

    VERB = "verb"  # `police arrested X`, `X was arrested`, `X, arrested in May`
    BY_AGENT = "by_agent"  # like VERB, but only when the state does it: `officers took X from her flat`
    BASE = "base"  # `to arrest X`
    SUBJECT = "subject"  # `X walked free`
    STATE = "state"  # `X under house arrest`: the nearest person before
    NOUN = "noun"  # `X's trial`, `the arrest of X`
    HEARS = "hears"  # `will hear the case of X`
    OWNER = "owner"  # `X's lawyers lodged an appeal`
    PLACE = "place"  # `searched X's office`
    CAUSE = "cause"  # `a picket for X`


N = (
    r"(?:\d+(?:[.,]\d)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty)(?:-\w+)?)"
)
_YEARS = rf"(?:{N}(?: and a half)?[- ](?:years?|months?)\b|life\b(?! of)|the death penalty)"
_DAYS = rf"{N}[- ]days?\b"
_FEW = r"(?:[\w'’-]+ ){0,3}?"
_MORE = r"(?:[\w'’-]+ ){0,5}?"
_LOCKUP = r"(?:prison|jail|custody|detention|(?:penal |prison )?colony|(?:internment |labou?r )?camp|remand centre|cell)"
_PRISON = (
    r"(?:prison|jail|custody|detention|(?:penal |prison )?colony|(?:internment |prison |"
    r"labou?r )?camp|remand centre|court(?:room)?|cell)"
)
_HOME = (
    r"(?:home|house|flat|apartment|hotel|room|office|dormitory|workplace|airport|station|street|bus|"
    r"train|shop|car|courtroom|village|class|field)"
)
_COURT_THING = r"(?:case|appeals?|complaint|suit|lawsuit|petition|claim|charges)"
_PUT_OFF = r"(?:postponed|adjourned|moved|put off|rescheduled|delayed|deferred|pushed back)"
_SITTING = r"(?:trial|retrial|(?:court |appeal )?hearing|sitting|session|appeal|case|proceedings|verdict)"
_REFUGE = r"(?:(?:political |temporary )?asylum|refugee status|(?:temporary |international )?protection)"
_WAS = r"(?:is|are|was|were|be|been|being|will be|to be|has been|have been|had been)"

TRIGGERS: tuple[tuple[EventType, Frame, str], ...] = (
    # ------------------------------------------------------------------------------------------------ arrest
    (EventType.ARREST, Frame.VERB, r"(?:re-?)?arrested|(?:re-?)?detained|apprehended|rounded up|remanded"),
    (EventType.ARREST, Frame.VERB,
        r"(?:taken|took) into (?:police |pre-?trial )?(?:custody|detention)|led away|picked up|taken away"),
    (EventType.ARREST, Frame.VERB,
        r"(?:held|kept|placed|put) (?:in|into) (?:police |pre-?trial |administrative )?(?:custody|"
        r"detention)"),
    (EventType.ARREST, Frame.SUBJECT,
        r"(?:remains?|remained|is|was|are|were|been|be|still|currently) (?:in (?:police |pre-?trial |"
        r"administrative )?(?:custody|detention)|behind bars)"),
    (EventType.ARREST, Frame.VERB,
        r"(?:took|take|placed|put|kept|sent|ordered|sends|remanded)(?= [^.;]{1,80}?\b(?:in|into|to) "
        r"(?:be held in )?(?:police |pre-?trial |administrative )?(?:custody|detention(?! cent)))"),
    (EventType.ARREST, Frame.VERB, rf"(?:held|ordered)(?= [^.;,]{{1,60}}? for {_DAYS})"),
    (EventType.ARREST, Frame.VERB,
        rf"(?:gave|given|handed)(?= (?:[^.;]{{1,70}}? )?{_DAYS} (?:of|in) (?:administrative |"
        r"police )?(?:arrest|detention|custody|jail))"),
    (EventType.ARREST, Frame.SUBJECT,
        rf"(?:got|received|gets|receives)(?= {_DAYS} (?:of|in) (?:administrative |police )?(?:arrest|"
        r"detention|custody|jail))"),
    (EventType.ARREST, Frame.VERB, r"(?:picked|pick)(?= [^.;,]{1,50}? up\b)|led(?= [^.;,]{1,50}? away\b)"),
    (EventType.ARREST, Frame.BY_AGENT,
        rf"(?:took|seized|dragged)(?= [^.;,]{{1,60}}? (?:from|out of|away|at|in) {_FEW}(?:{_HOME}\b)?)"),
    (EventType.ARREST, Frame.VERB,
        rf"taken (?:away )?(?:from|out of) {_FEW}{_HOME}\b|taken to (?:a |the )?{_FEW}(?:police station|"
        r"police department)"),
    (EventType.ARREST, Frame.BASE, r"arrest(?:ing|s)?|detain(?:s|ing)?"),
    (EventType.ARREST, Frame.NOUN, r"arrests?|detention"),
    # ------------------------------------------------------------------------------------------ house arrest
    (EventType.HOUSE_ARREST, Frame.STATE,
        rf"(?:under|into|to|in|on|with) (?:(?:strict|full|partial|temporary|pre-?trial) |{N} (?:days|weeks|"
        r"months|years?)['’]? (?:of )?)?house[- ]arrest"),
    (EventType.HOUSE_ARREST, Frame.VERB, rf"confined to (?:his|her|their) {_FEW}(?:home|flat|house|apartment)"),
    (EventType.HOUSE_ARREST, Frame.NOUN, r"house[- ]arrest"),
    # ------------------------------------------------------------------------------------------------ charge
    (EventType.CHARGE, Frame.VERB, r"charged(?= (?:[^.;]{0,70}? )?with\b)|indicted|formally charged|formally accused"),
    (EventType.CHARGE, Frame.SUBJECT, rf"fac(?:es|ed|ing) {_FEW}(?:criminal )?charges"),
    (EventType.CHARGE, Frame.NOUN, rf"(?:brought|filed|pressed|opened) {_FEW}(?:charges|criminal case)(?= against)"),
    # ---------------------------------------------------------------------------------------------- sentence
    (EventType.SENTENCE, Frame.VERB, r"sentenced|convicted|found guilty|jailed|imprisoned"),
    (EventType.SENTENCE, Frame.VERB, r"found(?= [^.;,]{1,60}? guilty\b)"),
    (EventType.SENTENCE, Frame.VERB,
        rf"(?:gave|give|gives|given|handed|hand|handing)(?: down)?(?= (?:[^.;]{{1,70}}? )?(?:a |"
        rf"an )?{_YEARS})"),
    (EventType.SENTENCE, Frame.SUBJECT, rf"(?:got|received|gets|receives)(?= (?:a |an )?{_YEARS})"),
    (EventType.SENTENCE, Frame.BASE, r"sentence|convicts?|jail(?= (?!(?:for|in|on|at|after|term|cell|sentence)\b))"),
    (EventType.SENTENCE, Frame.NOUN,
        rf"convictions?|(?:{_YEARS}|[\w-]+-year)[- ]{_FEW}(?:sentence|term)|(?:prison|jail|suspended) "
        r"(?:sentence|term)|term(?= handed down)"),
    # ----------------------------------------------------------------------------------------------- release
    (EventType.RELEASE, Frame.VERB, r"released|freed|set free|let go|let out|let off"),
    (EventType.RELEASE, Frame.VERB, r"(?:let|letting|set)(?= [^.;,]{1,40}? (?:go|free|out)\b)"),
    (EventType.RELEASE, Frame.VERB, r"acquitted(?=[^.;]* (?:free|freed|released|left|walked|home)\b)"),
    (EventType.RELEASE, Frame.SUBJECT,
        rf"walk(?:ed|s|ing)? free|walk(?:ed|s|ing)? (?:out )?(?:of|from) {_MORE}{_PRISON}\b|went free"),
    (EventType.RELEASE, Frame.SUBJECT,
        rf"(?:left|leaves|leave|came out of|got out of|emerged from) {_FEW}{_LOCKUP}\b"),
    (EventType.RELEASE, Frame.BASE, r"release|releasing|free|freeing"),
    (EventType.RELEASE, Frame.NOUN, r"release"),
    # ------------------------------------------------------------------------------------------------- court
    (EventType.HEARING_POSTPONED, Frame.NOUN, rf"{_SITTING}(?=[^.;]{{0,110}}? {_WAS} {_PUT_OFF}\b)"),
    (EventType.HEARING_POSTPONED, Frame.NOUN,
        rf"(?<=postponed the ){_SITTING}|(?<=adjourned the ){_SITTING}|(?<=delayed the ){_SITTING}"),
    (EventType.HEARING_POSTPONED, Frame.NOUN,
        rf"{_SITTING}(?= (?:of [^.;,]{{1,50}} )?{_PUT_OFF} (?:until|till|to|by|for)\b)"),
    (EventType.COURT_HEARING, Frame.HEARS,
        r"(?:hear|hears|heard|(?<=began )hearing|(?<=started )hearing|(?<=is )hearing|(?<=are )hearing|"
        r"(?<=of )hearing|consider|considers|considered|examine|examines|review|reviews|"
        rf"try)(?= (?:[^.;]{{1,70}}? )?{_COURT_THING}\b)"),
    (EventType.COURT_HEARING, Frame.NOUN,
        r"(?:re)?trials?|(?:court )?hearings?|court session|(?:court )?sitting|closing arguments|"
        r"court proceedings"),
    (EventType.COURT_HEARING, Frame.NOUN,
        rf"(?:appeal|verdict|case)(?=,? (?:[^.;]{{0,80}}? )?(?:{_WAS} (?:due|heard|tried|considered|"
        r"examined|reviewed|read)|(?:is|was) (?:scheduled|expected|set) (?:for|on)|will be)\b)"),
    (EventType.COURT_HEARING, Frame.NOUN,
        r"(?<=will )(?:continue|resume|reconvene)(?= on)|(?<=to )(?:continue|resume|reconvene)(?= on)"),
    (EventType.COURT_HEARING, Frame.SUBJECT,
        r"(?:goes|go|went|going|put|is|was|are|were|be) on trial|st(?:ands?|ood) trial|fac(?:es?|ing) "
        r"trial"),
    (EventType.COURT_HEARING, Frame.SUBJECT,
        rf"(?:appears?|appeared|appearing) (?:in|before) {_FEW}(?:court|judge)|in the dock"),
    # ------------------------------------------------------------------------------------------------ appeal
    (EventType.APPEAL, Frame.OWNER,
        r"(?:lodge|lodged|file|filed|submit|submitted|withdrew|withdraw|brought) "
        rf"{_FEW}(?:cassation )?(?:appeal|complaint against the (?:verdict|judgment|sentence|ruling))"),
    (EventType.APPEAL, Frame.OWNER,
        r"appealed (?:against|the (?:verdict|sentence|ruling|decision|conviction))|(?:(?<=to )|(?<=will )|"
        r"(?<=would ))appeal(?! (?:to|for)\b)"),
    (EventType.APPEAL, Frame.HEARS,
        rf"(?:rejected|dismissed|turned down|upheld|granted|threw out)(?= {_MORE}appeal\b(?! for))"),
    (EventType.APPEAL, Frame.NOUN,
        rf"appeal(?= (?:[^.;,]{{0,50}}? )?{_WAS} (?:rejected|dismissed|turned down|upheld|granted|"
        r"thrown out))"),
    # ---------------------------------------------------------------------------------------- whereabouts, fate
    (EventType.DISAPPEARANCE, Frame.SUBJECT,
        r"vanished|disappeared|(?:went|gone) missing|(?:has been|is|was|been reported) missing|not been "
        r"(?:seen|heard from)(?: since)?"),
    (EventType.EXTRADITION, Frame.VERB,
        r"extradited|deported|expelled|handed over|repatriated|forcibly returned|sent back to china"),
    (EventType.EXTRADITION, Frame.BASE, r"extradit(?:e|ing)|deport(?:ing)?|expel(?:ling)?|hand over"),
    (EventType.EXTRADITION, Frame.NOUN, r"extradition|deportation|expulsion"),
    (EventType.DEATH_IN_CUSTODY, Frame.SUBJECT,
        r"died (?:[\w'’-]+ ){0,6}?(?:in|at) (?:[\w'’-]+ ){0,4}?(?:custody|prison|detention|jail|"
        r"colony|cell|camp)\b"),
    (EventType.INTERNMENT, Frame.STATE,
        rf"(?:in|into|to|inside) {_FEW}(?:internment|re-?education|concentration|indoctrination) (?:camps?|"
        r"cent(?:er|re)s?)|(?:in|into|to) (?:a|the) camps?\b(?! (?:site|fire|for))"),
    (EventType.INTERNMENT, Frame.VERB, r"interned"),
    (EventType.FORCED_LABOUR, Frame.STATE,
        r"(?:into|to|in|under|of|as) (?:[\w-]+ ){0,4}?(?:forced|coerced) labou?r|(?:forced|made|"
        r"compelled) to (?:work|sew|pick)"),
    # ------------------------------------------------------------------------------------------------- others
    (EventType.RAID, Frame.PLACE, r"raided|ransacked|searched(?! for)|sealed(?: off)?|raid(?= on)"),
    (EventType.PROTEST, Frame.CAUSE,
        r"picket(?:ed|s|ing)?|rall(?:y|ied)|protest(?:ed)?|demonstrat(?:ed|ion)|marched|vigil"),
    (EventType.ASYLUM, Frame.VERB, rf"(?:granted|denied|refused|given|gave)(?= (?:[^.;]{{1,70}}? )?{_REFUGE}\b)"),
    (EventType.ASYLUM, Frame.SUBJECT,
        rf"(?:applied|apply|applies) for {_REFUGE}|(?:sought|seeks|requested|received|got|won|obtained) "
        rf"{_REFUGE}"),
)  # fmt: skip

# Days, not years, make an administrative arrest of what looks like a sentence.
DAYS_NOT_YEARS = (_DAYS, _YEARS)

# Senses that are none of ours: a trigger inside one of these tells nothing.
OTHER_SENSES: tuple[str, ...] = (
    r"(?:press|news|media) releases?",
    r"(?:album|film|movie|book|song|game|software|video|new|early|record|single) releases?(?! (?:of|"
    r"from) (?:prison|jail|custody))",
    r"release (?:date|notes|party)",
    r"(?:free|clinical|drug|vaccine|field|time|medical|sea|flight|cycling|horse|sheepdog|pilot|patent) trials?",
    r"trial (?:run|runs|version|period|periods|basis|and error|balloon|lawyer|lawyers|subscription|"
    r"offer|flight)",
    r"on trial basis|trials and tribulations|trial (?:of|for) (?:the |a |"
    r"an )?(?:[\w-]+ ){0,3}?(?:vaccine|drug|medicine|treatment|therapy|system|software|app|"
    r"product)s?\b",
    r"pre-?trial(?! (?:detention|custody))",
    r"cardiac arrest|arrest(?:ing)? (?:image|beauty|sight|portrait|view|development)s?|"
    r"arrested development|arrest warrants?|arrestingly",
    r"(?:parliamentary|congressional|senate|committee|public|budget|confirmation|legislative|open|"
    r"parliament|un|us|town hall) hearings?",
    r"hearing (?:aids?|loss|problems?|test|impaired|impairment|about|from|that)|hard of hearing|"
    r"sense of hearing|(?:was|were|been|after|upon|on) hearing(?! (?:on|in|of|at|before|for|is|was))",
    r"detention (?:cent(?:re|er)s?|facilit(?:y|ies)|hall|class)|(?:school|after-school|"
    r"lunchtime) detention",
    r"in detention cent",
    r"(?:first|last|opening|closing|final|single|whole|long|short|complete|full|next|every|each|one|"
    r"this|that|key|topic|finish(?:ed|es)? (?:his|her|the|a)) sentences?",
    r"sentence (?:from|in|of) (?:the|a|an|his|her|this|that|my|every) (?:[\w-]+ ){0,2}?(?:book|novel|"
    r"story|poem|essay|letter|article|grammar|text|speech|report|diary|page|paragraph)\w*",
    r"sentence (?:structure|pattern|length)",
    r"free of charge|in charge|(?:took|take|takes|taking|taken) charge|charg[eé]s? d['’]affaires",
    r"charged (?:[\w'’-]+ ){0,4}?with (?:electricity|emotion|tension|meaning|symbolism|organi[sz]ing|"
    r"leading|the task|responsibility)",
    r"(?:appeal|appeals|appealed) (?:to (?:readers|the public|fans|viewers|investors|the world|"
    r"the nation)|for (?:calm|help|funds|donations|unity|peace|witnesses))|(?:sex|broad|mass|popular|"
    r"lasting) appeal",
    r"raided the (?:fridge|larder|pantry|wardrobe|archive)",
    r"searched (?:the (?:internet|web|archives?|shelves|dictionary)|his memory|her memory|in vain)",
    r"(?:summer|training|base|refugee|holiday|fan|boot|ski|football|youth|rival|protest) camps?|"
    r"camp(?:ed|ing|ers?|site|fire)",
    r"(?:vanished|disappeared) (?:from (?:the )?(?:shelves|sale|menus?|market|map|television|"
    r"screens?)|without trace from the charts)",
    r"expelled (?:from|by) (?:the |his |her |their )?(?:[\w-]+ ){0,2}?(?:university|school|party|"
    r"union|club|association|academy)",
    r"released by (?:his|her|the|their) (?:[\w-]+ ){0,2}?(?:club|team|side|label|studio|band|employer|"
    r"publisher|distributor)",
    r"released (?:on (?:dvd|video|vinyl|streaming)|in (?:cinemas|theaters|theatres)|by (?:the )?(?:label|studio))",
    r"convicted (?:felon|criminal)s?|jail cells?|death row",
    r"(?:tennis|basketball|squash|volleyball|badminton|centre|center|food|royal) courts?|in the ball'?s court",
    r"picked up (?:the |a |an |his |her |their )?(?:phone|pace|speed|prize|prizes|award|awards|trophy|"
    r"point|points|book|bag|pen|signal|bill|tab|ball)",
    r"(?:handed|gave|given) (?:over )?(?:[\w'’-]+ ){0,4}?(?:contract|loan|warranty|deal|extension)s?",
    r"jailed (?:opposition|activist|leader|blogger|journalist|publisher|scholar)s?",
)  # fmt: skip
