"""Scrapy's settings for a crawler that lives for months. Each line that is not plain says why."""

from __future__ import annotations

from scrapy.settings import Settings

from steppewatch.config.settings import Crawl

MAX_REDIRECTS = 5


def scrapy_settings(crawl: Crawl, user_agent: str) -> Settings:
    """The settings of the one crawler."""
    middlewares = {
        "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 200,
        "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 250,
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 300,
        "crawler.responses.UnpackingMiddleware": 590,
        "crawler.responses.FollowingMiddleware": 600,  # by status only: no meta refresh
    }
    if crawl.obey_robots:
        middlewares["crawler.robots.ExpiringRobotsMiddleware"] = 100
    return Settings(
        {
            "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
            "USER_AGENT": user_agent,
            "ROBOTS_EXPIRE_SECONDS": crawl.robots_expire.total_seconds(),
            "GUARD_ALLOWED": crawl.allow_private,
            "DOWNLOADER_MIDDLEWARES_BASE": middlewares,
            "DEFAULT_REQUEST_HEADERS": {"Accept-Language": "en,ru,kk,zh,ug,tr;q=0.8,*;q=0.5"},
            "EXTENSIONS_BASE": {},  # no telnet console, no statistics to standard output
            "SPIDER_MIDDLEWARES_BASE": {},
            "DOWNLOAD_HANDLERS_BASE": {
                "http": "crawler.guard.GuardedDownloadHandler",
                "https": "crawler.guard.GuardedDownloadHandler",
            },
            "COOKIES_ENABLED": False,
            "DOWNLOAD_VERIFY_CERTIFICATES": crawl.verify_tls,
            "DOWNLOAD_TIMEOUT": crawl.timeout.total_seconds(),
            "DOWNLOAD_MAXSIZE": crawl.max_body,  # also holds for what a body unpacks to
            "DOWNLOAD_WARNSIZE": 0,
            "DOWNLOAD_DELAY": crawl.per_host.delay.total_seconds(),
            "DOWNLOAD_DELAY_JITTER": 0,  # by default Scrapy waits only half as long now and then
            "CONCURRENT_REQUESTS_PER_DOMAIN": crawl.per_host.concurrency,
            "CONCURRENT_REQUESTS": 64,
            "CONCURRENT_ITEMS": 1,  # Scrapy starts that many tasks for every response
            "REDIRECT_MAX_TIMES": MAX_REDIRECTS,
            "LOG_ENABLED": False,  # steppewatch.log decides what is said
        }
    )
