"""Certificates: which pass, and what is said of those that do not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers import Servers, page, redirect

from steppewatch.errors import FetchReason, PermanentFetchError, RetryableFetchError

if TYPE_CHECKING:
    from conftest import Browse

HELLO = page(b"hello")
PAST = datetime(2020, 1, 1, tzinfo=UTC)
FUTURE = datetime(2090, 1, 1, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """The one authority that is trusted here."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    return made


def issued(*names: str, **times: datetime) -> Callable[[trustme.CA, Path], ssl.SSLContext]:
    def make(authority: trustme.CA, _: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names, **times).configure_cert(context)  # type: ignore[arg-type]
        return context

    return make


def by_a_stranger(_: trustme.CA, path: Path) -> ssl.SSLContext:
    return issued("site.test")(trustme.CA(), path)


def self_signed(_: trustme.CA, path: Path) -> ssl.SSLContext:
    return _loaded(path, None, x509.SubjectAlternativeName([x509.DNSName("site.test")]))


def naming_nobody(authority: trustme.CA, path: Path) -> ssl.SSLContext:
    """By the trusted authority, with the host in the common name only: that has not counted since 2000."""
    return _loaded(path, authority, None)


def _loaded(path: Path, authority: trustme.CA | None, names: x509.SubjectAlternativeName | None) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "site.test")])
    issuer, signer = name, key
    if authority is not None:
        issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
        signer = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)  # type: ignore[assignment]
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=2))
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    file = path / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize("host", ["site.test", "127.0.0.1", "қазақ.test", "sub.wild.test"])
def test_a_good_certificate_passes(browse: Browse, servers: Servers, authority: trustme.CA, tmp_path: Path, host: str) -> None:
    tls = issued("site.test", "127.0.0.1", "xn--80aau21bd.test", "*.wild.test")(authority, tmp_path)
    site = servers.start({"/": HELLO}, tls=tls)
    hosts = {"site.test": "127.0.0.1", "қазақ.test": "127.0.0.1", "sub.wild.test": "127.0.0.1"}
    fetched = browse(hosts=hosts).fetch(site.url(host=host))
    assert (fetched.body, fetched.address) == (b"hello", "127.0.0.1")


@pytest.mark.parametrize("robots", [False, True])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (issued("site.test", not_after=PAST), "expired"),
        (issued("site.test", not_before=FUTURE, not_after=FUTURE + timedelta(days=1)), "not valid yet"),
        (issued("other.test"), "another host"),
        (issued("site.test.evil.test", "127.0.0.1"), "another host"),
        (naming_nobody, "another host"),
        (self_signed, "self-signed"),
        (by_a_stranger, "nobody here trusts"),
    ],
    ids=["expired", "early", "other", "longer", "nameless", "self-signed", "stranger"],
)
def test_a_bad_certificate_is_refused_and_told(
    browse: Browse,
    servers: Servers,
    authority: trustme.CA,
    tmp_path: Path,
    make: Callable[[trustme.CA, Path], ssl.SSLContext],
    said: str,
    robots: bool,
) -> None:
    site = servers.start({"/": HELLO}, tls=make(authority, tmp_path))
    error = browse(obey_robots=robots).refused(site.url(host="site.test"))
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.TLS)
    assert said in str(error)
    assert site.asked == []


def test_a_source_without_verified_tls_shares_no_connection(
    browse: Browse, servers: Servers, authority: trustme.CA, tmp_path: Path
) -> None:
    site = servers.start({"/": HELLO}, tls=self_signed(authority, tmp_path))
    browser = browse()
    url = site.url(host="site.test")
    assert browser.fetch(url, insecure_tls=True).body == b"hello"
    error = browser.refused(url)
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.TLS)
    assert browser.fetch(url, insecure_tls=True).body == b"hello"
    assert len(site.asked) == 2


def test_verification_can_be_off_for_all(browse: Browse, servers: Servers, authority: trustme.CA, tmp_path: Path) -> None:
    site = servers.start({"/": HELLO}, tls=self_signed(authority, tmp_path))
    assert browse(verify_tls=False).fetch(site.url(host="site.test")).body == b"hello"


def test_a_redirect_to_a_bad_certificate_is_refused(
    browse: Browse, servers: Servers, authority: trustme.CA, tmp_path: Path
) -> None:
    site = servers.start({"/": HELLO}, tls=self_signed(authority, tmp_path))
    gate = servers.start({"/": redirect(site.url(host="site.test"))})
    assert browse().refused(gate.url()).reason is FetchReason.TLS


def test_a_server_that_speaks_no_tls(browse: Browse) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        speaking = threading.Thread(target=_speak_plainly, args=(listening,))
        speaking.start()
        error = browse().refused(f"https://127.0.0.1:{listening.getsockname()[1]}/")
        speaking.join(5)
    assert (type(error), error.reason) == (PermanentFetchError, FetchReason.TLS)


def _speak_plainly(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.recv(65_536)


def test_a_handshake_that_never_ends(browse: Browse, servers: Servers) -> None:
    site = servers.start({"/": HELLO})  # waits for the end of a request that looks like none to it
    browser = browse(timeout=timedelta(seconds=0.5))
    error = browser.refused(site.url().replace("http:", "https:"))
    assert (type(error), error.reason) == (RetryableFetchError, FetchReason.TIMEOUT)
