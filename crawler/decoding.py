"""From a stranger's bytes to clean text: which charset it is, what is binary, and what no text may hold.

Every function here is total: wrong encodings cost a few letters, never an exception.
"""

from __future__ import annotations

import codecs
import re

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]+)""", re.I)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_HEAD = 4_096  # bytes in which a document may declare its charset
# Labels the standard of the web does not know, or knows too narrowly: Kazakh Cyrillic, and gb18030 for all of its ancestors.
_MORE_CHARSETS = {"kz-1048": "kz1048", "ptcp154": "ptcp154", "win-1251": "cp1251", "gbk": "gb18030"}
# Declared single-byte charsets accept any bytes: valid UTF-8 with as many continuation bytes is believed over them.
_PROOF_OF_UTF8 = 10
# UTF-8 that was cut or patched is still UTF-8: one bad letter in twenty.
_BAD_SHARE = 0.05

_MAGIC = (
    b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"RIFF", b"OggS", b"ID3",
    b"Rar!", b"7z\xbc\xaf", b"\x7fELF", b"MZ\x90", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\xd0\xcf\x11\xe0", b"wOF",
)  # fmt: skip
_CONTROL_SHARE = 0.01

# What no text may hold: control characters but for tab and line ends, lone surrogates, non-characters.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_LANGUAGE = re.compile(r"^([a-zA-Z]{2,3})(?:[-_]([a-zA-Z]{4}))?(?:[-_.@].*)?$")
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})


def decode(body: bytes, content_type: str) -> str:
    """The text of a body: by its byte order mark, the HTTP header, its own declaration, then by detection.

    A declaration is believed only where the bytes obey it. What cannot be decoded becomes U+FFFD.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body.decode(charset, errors="replace").removeprefix("\ufeff")
    for start, charset in _UNMARKED:
        if body.startswith(start):
            return body.decode(charset, errors="replace")
    declared = _declared(body, content_type)
    return _obeyed(body, declared) or _as_patched_utf8(body, declared) or _detected(body, declared)


def is_binary(body: bytes) -> bool:
    """Whether the bytes are an image, a document, an archive or the like, whatever the server calls them."""
    start = body[:16]
    if start.startswith(_MAGIC) or start[4:8] == b"ftyp":
        return True
    if start.startswith(tuple(mark for mark, _ in (*_BOMS, *_UNMARKED))):
        return False
    sample = body[:65_536]
    control = len(sample) - len(sample.translate(None, bytes({*range(32), 127} - {7, 8, 9, 10, 11, 12, 13, 27})))
    return control > _CONTROL_SHARE * len(sample)


def clean(text: str) -> str:
    """The text without characters that no store, mail or page may hold, its lines kept."""
    return _UNWANTED.sub("", text).strip()


def one_line(text: str) -> str:
    """The text in one line, as a title or a name is."""
    return _SPACES.sub(" ", _UNWANTED.sub("", text)).strip()


def plain(markup: str) -> str:
    """The words of a piece of HTML: tags and entities gone, one line a paragraph."""
    return clean(extract_plain_text(markup, preserve_formatting=True, list_bullets=False, alt_texts=False))


def language_tag(text: str) -> str | None:
    """A BCP 47 tag of language and script ("ru", "kk-Latn") from what a feed or a page says ("ru_RU"), else None."""
    found = _LANGUAGE.match(text.strip())
    if found is None or found[1].lower() in _NO_LANGUAGE:
        return None
    return found[1].lower() + (f"-{found[2].title()}" if found[2] else "")


def _declared(body: bytes, content_type: str) -> tuple[str, ...]:
    """The charsets that the header and the document itself name and Python knows, the header first."""
    head = body[:_HEAD]
    header = _HEADER_CHARSET.search(content_type)
    inside = _XML_CHARSET.search(head) or _META_CHARSET.search(head)
    names = [header[1]] if header else []
    names += [inside[1].decode("ascii", errors="replace")] if inside else []
    return tuple(charset for name in names if (charset := _known(name)))


def _known(label: str) -> str | None:
    """The charset that the web means by this label ("latin1" is windows-1252); None for one that is no charset.

    A document whose declaration was readable byte by byte is not in UTF-16, whatever it says.
    """
    meant = map_encoding_to_html5(label, fallback_utf8=False)
    charset = _MORE_CHARSETS.get(meant or label.lower(), meant)
    return None if charset is None or charset.startswith("utf-16") else charset


def _obeyed(body: bytes, declared: tuple[str, ...]) -> str | None:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not declared or "utf-8" in declared or len(body) - len(text) >= _PROOF_OF_UTF8:
            return text
    for charset in declared:
        try:
            return body.decode(charset)
        except (UnicodeError, LookupError):  # LookupError: a charset of the web that Python has no codec for
            continue
    return None


def _as_patched_utf8(body: bytes, declared: tuple[str, ...]) -> str | None:
    text = body.decode("utf-8", errors="replace")
    beyond_ascii = len(text.encode("utf-8")) - len(text)
    allowed = max(_BAD_SHARE * beyond_ascii, 1 if "utf-8" in declared else 0)
    return text if text.count("\ufffd") <= allowed else None


def _detected(body: bytes, declared: tuple[str, ...]) -> str:
    """By the bytes' own statistics. A declared charset that was broken in places still beats a guess."""
    for charset in declared:
        text = _decoded(body, charset)
        if text is not None and text.count("\ufffd") <= _BAD_SHARE * len(text):
            return text
    text = _decoded(body, _known(detect_encoding(body) or "utf-8") or "utf-8")
    return body.decode("utf-8", errors="replace") if text is None else text


def _decoded(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset, errors="replace")
    except (UnicodeError, LookupError):
        return None
