"""An alert as an HTML mail: no images, no scripts, nothing remote, readable in light and dark and in both directions.

Everything that came from outside is cleaned, escaped, and stands in an element with `dir="auto"`, so that a sentence in
an Arabic script cannot turn the line around it.
"""

from __future__ import annotations

import re
from html import escape

from alerts.render.clean import one_line, web_address
from alerts.render.plain import LONGEST_REASON, LONGEST_TITLE, origin, pieces_of, reason_line, shown, subject
from alerts.render.words import event_words
from steppewatch.model import Alert, Event, Excerpt

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 sans-serif; max-width: 40em; margin: 0 auto; padding: 1em; color: #1a1a1a; background: #ffffff; }}
h1 {{ font-size: 1.25em; }}
h2 {{ font-size: 1em; margin-bottom: 0; }}
a {{ color: #0b57a4; }}
blockquote {{ margin: .5em 0; padding: 0 1em; border-inline-start: 3px solid #0b57a4; }}
.small {{ font-size: .875em; color: #595959; }}
@media (prefers-color-scheme: dark) {{
body {{ color: #e8e8e8; background: #161616; }}
a {{ color: #8ab4f8; }}
.small {{ color: #a8a8a8; }}
}}
</style>
</head>
<body>
<h1 dir="auto">{title}</h1>
{body}
<p class="small">Alert {id}</p>
</body>
</html>
"""


def html(alert: Alert) -> str:
    """The whole alert as one HTML document."""
    language = alert.article_language or ""
    lang = f' lang="{language}"' if _LANGUAGE_TAG.fullmatch(language) else ""
    parts = [
        _article(alert, lang),
        *(_quotation(excerpt, lang) for excerpt in alert.excerpts),
        _section("Events", shown(alert.events, lambda event: _event(event, lang))),
        _section("Why you get this", shown(alert.why, lambda reason: _foreign("span", reason_line(reason)))),
    ]
    body = "\n".join(part for part in parts if part)
    return _PAGE.format(title=escape(subject(alert)), body=body, id=escape(one_line(alert.id, 60)))


def _article(alert: Alert, lang: str) -> str:
    title = one_line(alert.article_title, LONGEST_TITLE) or one_line(alert.article_url, LONGEST_TITLE)
    if not title:
        return ""
    address = web_address(alert.article_url)
    words = f'<a href="{escape(address)}" rel="noreferrer">{escape(title)}</a>' if address else escape(title)
    return f'<p dir="auto"{lang}>{words}</p>\n<p class="small">{_foreign("span", origin(alert))}</p>'


def _quotation(excerpt: Excerpt, lang: str) -> str:
    pieces = (f"<strong>{escape(piece)}</strong>" if marked else escape(piece) for piece, marked in pieces_of(excerpt))
    return f'<blockquote dir="auto"{lang}>{"".join(pieces)}</blockquote>'


def _event(event: Event, lang: str) -> str:
    quote = one_line(event.sentence or event.quote, LONGEST_REASON)
    told = _foreign("span", event_words(event))
    return f"{told}<br>{_foreign('q', quote, lang)}" if quote else told


def _section(name: str, items: list[str]) -> str:
    if not items:
        return ""
    return f"<h2>{name}</h2>\n<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"


def _foreign(element: str, words: str, lang: str = "") -> str:
    return f'<{element} dir="auto"{lang}>{escape(words)}</{element}>'
