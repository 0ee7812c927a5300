"""What a server answers before it is a page: redirects to follow and packed bodies to unpack.

Scrapy does both; it tells its failures apart only by their words, and it counts a redirect to another host against the first one.
"""

from __future__ import annotations

from typing import Any

from scrapy.core.downloader import Downloader
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response


class TooManyRedirectsError(IgnoreRequest):
    """A redirect led to a redirect, too often or for ever."""


class BadRedirectError(IgnoreRequest):
    """A redirect leads to something that is no address."""


class UnpackedTooLargeError(IgnoreRequest):
    """A body is small when packed and larger than the cap when unpacked."""


class BadPackingError(Exception):
    """A body is not packed the way its header says."""


class FollowingMiddleware(RedirectMiddleware):
    """Follows redirects. The next host's own delay holds for the next request."""

    def _engine_started(self) -> None:
        """Scrapy would look for a middleware that sets Referer, and warn that there is none."""

    def handle_referer(self, request: Request, response: Response) -> None:
        """Tell nobody where we come from."""
        request.headers.pop("Referer", None)

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        try:
            return super().process_response(request, response)
        except ValueError as error:
            raise BadRedirectError from error

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        redirected.meta.pop(Downloader.DOWNLOAD_SLOT, None)
        try:
            return super()._redirect(redirected, request, reason)
        except IgnoreRequest as error:
            raise TooManyRedirectsError from error


class UnpackingMiddleware(HttpCompressionMiddleware):
    """Unpacks gzip, deflate, br and zstd, up to the cap on bodies. Nobody reads the body of an answer that is no page."""

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Request | Response:
        if response.status >= 300 or not response.body:
            return response
        try:
            unpacked = super().process_response(request, response)
        except IgnoreRequest as error:
            raise UnpackedTooLargeError from error
        except Exception as error:  # strangers' bytes, and four libraries with errors of their own
            raise BadPackingError from error
        if isinstance(unpacked, Response) and not unpacked.body:  # br takes nonsense for the beginning of something
            raise BadPackingError
        return unpacked
