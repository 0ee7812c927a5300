"""The web of the little world: one server, told apart by host name."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from aiohttp import web

from console.demo.script import Piece, Script, Site

# A small feed that keeps feedparser busy for many seconds.
HANGING_FEED = b'<rss version="2.0"><channel><item><author>' + b"." * 60_000 + b"@</author></item></channel></rss>"

FEED_PATHS = {"rss": "/feed.xml", "atom": "/atom.xml", "rdf": "/index.rdf", "json": "/feed.json", "listing": "/news"}
HANGING_PATH = "/second-feed.xml"


class Sites:
    """Serves every site of a script. `answers` counts (host, path, status)."""

    def __init__(self, script: Script) -> None:
        self._sites = {site.host: site for site in script.sites}
        self.answers: Counter[tuple[str, str, int]] = Counter()

    def application(self) -> web.Application:
        """The server's application."""
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        host = (request.host or "").partition(":")[0]
        site = self._sites.get(host)
        response = web.Response(status=404) if site is None else self._serve(site, request)
        self.answers[(host, request.path, response.status)] += 1
        return response

    def _serve(self, site: Site, request: web.Request) -> web.Response:
        path = request.path
        if path == "/robots.txt":
            forbidden = "/private/" if site.behaviour == "robots" else ""
            return web.Response(text=f"User-agent: *\nDisallow: {forbidden}\n")
        if path == FEED_PATHS[site.format]:
            return self._serve_feed(site, request)
        if path == HANGING_PATH and site.behaviour == "hangs_parser":
            return web.Response(body=HANGING_FEED, content_type="application/rss+xml")
        piece = next((piece for piece in site.pieces if piece.path == path), None)
        if piece is None:
            return web.Response(status=404)
        if site.behaviour == "refuses_articles":
            return web.Response(status=403, text="Forbidden")
        return web.Response(text=page(site, piece), content_type="text/html")

    def _serve_feed(self, site: Site, request: web.Request) -> web.Response:
        if site.behaviour == "recovers" and not self.answers[(site.host, request.path, 503)]:
            return web.Response(status=503, text="Service Unavailable")
        content_type, text = feed(site, f"http://{request.host}")
        etag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
        if site.behaviour == "not_modified" and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(
            text=text, content_type=content_type, headers={"ETag": etag} if site.behaviour == "not_modified" else {}
        )


# -- how things look ---------------------------------------------------------------------------------------------------
def page(site: Site, piece: Piece) -> str:
    """An article's page, with the furniture that pages have around their text."""
    paragraphs = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in piece.paragraphs)
    direction = "rtl" if piece.language in {"ug", "kk-Arab"} else "ltr"
    return f"""<!doctype html>
<html lang="{piece.language}" dir="{direction}"><head><meta charset="utf-8">
<title>{escape(piece.title)} | {escape(site.name)}</title>
<meta property="og:title" content="{escape(piece.title)}"><meta name="description" content="{escape(piece.summary)}">
<meta property="article:published_time" content="{piece.published.isoformat()}">
<meta name="author" content="{escape(piece.author)}">
</head><body><header><nav><a href="/">{escape(site.name)}</a></nav></header>
<main><article><h1>{escape(piece.title)}</h1>
<p class="byline">{escape(piece.author)} ·
<time datetime="{piece.published.isoformat()}">{piece.published:%d.%m.%Y %H:%M}</time></p>
{paragraphs}
</article></main><footer><p>© 2019 {escape(site.name)}</p></footer></body></html>"""


def feed(site: Site, base: str) -> tuple[str, str]:
    """A site's feed or listing page: (content type, text)."""
    write = {"rss": _rss, "atom": _atom, "rdf": _rdf, "json": _json_feed, "listing": _listing}[site.format]
    return write(site, base)


def _rss(site: Site, base: str) -> tuple[str, str]:
    items = "".join(
        f"<item><title>{escape(piece.title)}</title><link>{base}{piece.path}</link><guid>{base}{piece.path}</guid>"
        f"<description>{escape(piece.summary)}</description><pubDate>{format_datetime(piece.published)}</pubDate></item>"
        for piece in site.pieces
    )
    head = f"<title>{escape(site.name)}</title><link>{base}/</link><language>{site.language}</language>"
    return (
        "application/rss+xml",
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>',
    )


def _atom(site: Site, base: str) -> tuple[str, str]:
    entries = "".join(
        f'<entry><title>{escape(piece.title)}</title><link href="{base}{piece.path}"/><id>{base}{piece.path}</id>'
        f"<summary>{escape(piece.summary)}</summary><author><name>{escape(piece.author)}</name></author>"
        f"<published>{piece.published.isoformat()}</published><updated>{piece.published.isoformat()}</updated></entry>"
        for piece in site.pieces
    )
    head = f"<title>{escape(site.name)}</title><id>{base}/</id><updated>{_newest(site).isoformat()}</updated>"
    return (
        "application/atom+xml",
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>',
    )


def _rdf(site: Site, base: str) -> tuple[str, str]:
    items = "".join(
        f'<item rdf:about="{base}{piece.path}"><title>{escape(piece.title)}</title><link>{base}{piece.path}</link>'
        f"<description>{escape(piece.summary)}</description><dc:date>{piece.published.isoformat()}</dc:date></item>"
        for piece in site.pieces
    )
    head = f'<channel rdf:about="{base}/"><title>{escape(site.name)}</title><link>{base}/</link></channel>'
    return "application/rdf+xml", (
        '<?xml version="1.0" encoding="utf-8"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">{head}{items}</rdf:RDF>'
    )


def _json_feed(site: Site, base: str) -> tuple[str, str]:
    items = [
        {
            "id": f"{base}{piece.path}",
            "url": f"{base}{piece.path}",
            "title": piece.title,
            "content_text": piece.summary,
            "date_published": piece.published.isoformat(),
        }
        for piece in site.pieces
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": site.name, "home_page_url": f"{base}/", "items": items}
    return "application/feed+json", json.dumps(feed, ensure_ascii=False)


def _listing(site: Site, base: str) -> tuple[str, str]:
    rows = "".join(f'<li><a href="{piece.path}">{escape(piece.title)}</a></li>' for piece in site.pieces)
    return "text/html", (
        f'<!doctype html><html lang="{site.language}"><head><meta charset="utf-8"><title>{escape(site.name)}</title></head>'
        f'<body><h1>{escape(site.name)}</h1><ul class="news">{rows}</ul></body></html>'
    )


def _newest(site: Site) -> datetime:
    return max(piece.published for piece in site.pieces)
