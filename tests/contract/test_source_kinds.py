"""What every kind of source promises, found by listing the folder."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, get_type_hints
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppewatch.errors import ParseError
from steppewatch.model import Listing
from steppewatch.registry import Registry

KINDS = Registry("crawler.sources")
NOW = datetime(2019, 4, 8, tzinfo=UTC)
URL = "https://news.test/all"

_PIECES = [
    b"<rss version='2.0'><channel>",
    b"<item>",
    b"</item>",
    b"<link>",
    b"</link>",
    b"http://[",
    b"/a",
    b"<title>",
    b"<![CDATA[",
    b"]]>",
    b"<feed xmlns='http://www.w3.org/2005/Atom'>",
    b"<entry>",
    b"<a href='/x'>",
    b"<a href='http://u:p@h:9/'>",
    b"<base href='//[x'>",
    b"&#0;",
    b"&#xd800;",
    b"&bad;",
    b"\x00",
    b"\xff\xfe",
    b"\xd0",
    b'{"items": [',
    b'{"url": "/1", "title": 5}',
    b"]}",
    b"<!DOCTYPE html>",
    b"<pubDate>Mon, 08 Apr 2019 99:00 +9999</pubDate>",
    b"<guid>x</guid>",
    b"<?xml version='1.0' encoding='utf-7'?>",
    b" ",
    b"word",
]


@pytest.fixture(params=KINDS.kinds())
def kind(request: pytest.FixtureRequest) -> ModuleType:
    return KINDS.load(request.param)


def options(kind: ModuleType) -> Any:
    """A Config of this kind: its keys are strings, or dataclasses of strings, and `a` is good for every one so far."""
    return _filled(kind.Config)


def _filled(config: type) -> Any:
    hints = get_type_hints(config)
    return config(**{key: "a" if hint is str else _filled(hint) for key, hint in hints.items()})


def test_there_are_kinds() -> None:
    assert {"feed", "page"} <= set(KINDS.kinds())


def test_config_is_a_frozen_slotted_dataclass_that_travels_to_a_worker(kind: ModuleType) -> None:
    config = options(kind)
    assert dataclasses.is_dataclass(config) and type(config).__dataclass_params__.frozen
    assert not hasattr(config, "__dict__")
    assert pickle.loads(pickle.dumps(config)) == config


def test_it_says_what_it_accepts_and_takes_the_agreed_arguments(kind: ModuleType) -> None:
    assert "/" in kind.ACCEPT
    assert list(inspect.signature(kind.parse).parameters) == ["body", "content_type", "url", "options", "now"]


def test_an_empty_body_is_refused(kind: ModuleType) -> None:
    with pytest.raises(ParseError):
        kind.parse(b"", "", URL, options(kind), NOW)


@pytest.mark.parametrize("name", KINDS.kinds())
@given(body=st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=12).map(b"".join)))
def test_arbitrary_bytes_give_links_or_a_parse_error(name: str, body: bytes) -> None:
    module = KINDS.load(name)
    try:
        found = module.parse(body, "text/html; charset=x", URL, options(module), NOW)
    except ParseError as error:
        assert str(error) and error.reason
        return
    assert isinstance(found, Listing)
    assert len({link.url for link in found.links}) == len(found.links)
    for link in found.links:
        assert urlsplit(link.url).scheme in {"http", "https"} and urlsplit(link.url).hostname
        (link.title + link.summary + link.guid + link.author).encode()  # no lone surrogates
