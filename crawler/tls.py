"""Who the server is: certificates are checked by OpenSSL and service_identity, and a refusal says what is wrong.

Twisted alone reports "certificate verify failed" for everything but a wrong name, and lets a certificate pass that names no
host at all. It also reads the system's authorities again for every connection (8 ms); here that happens once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import ref

from OpenSSL.SSL import VERIFY_FAIL_IF_NO_PEER_CERT, VERIFY_PEER, Connection
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from service_identity.hazmat import DNS_ID, IPAddress_ID, verify_service_identity
from service_identity.pyopenssl import extract_patterns
from twisted.internet._sslverify import ClientTLSOptions
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

if TYPE_CHECKING:
    from OpenSSL.crypto import X509
    from twisted.protocols.tls import TLSMemoryBIOProtocol

# By the numbers of X509_verify_cert_error_string(3).
PROBLEMS = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate is self-signed",
    19: "the certificate comes from an authority nobody here trusts",
    20: "the certificate comes from an authority nobody here trusts",
    21: "the certificate comes from an authority nobody here trusts",
    23: "the certificate was revoked",
}
OTHER_HOST = "the certificate is for another host"


class CertificateRefusedError(Exception):
    """A certificate does not prove that the server is who we asked for; the message says why."""


@implementer(IPolicyForHTTPS)
class VerifyingPolicy:
    """Verifies every certificate, with one set of authorities for all connections."""

    def __init__(self, scrapy_policy: Any) -> None:
        self._create_connection = scrapy_policy.creatorForNetloc(b"localhost", 443)._createConnection

    def creatorForNetloc(self, hostname: bytes, port: int) -> _VerifyingTLS:  # noqa: N802  (the interface's name)
        """The maker of TLS connections for one host."""
        return _VerifyingTLS(self._create_connection, hostname.decode("ascii"))


class _VerifyingTLS(ClientTLSOptions):
    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> Connection:  # noqa: N802, N803
        connection = super().clientConnectionForTLS(tlsProtocol)
        connection.set_verify(VERIFY_PEER | VERIFY_FAIL_IF_NO_PEER_CERT, self._verifier(tlsProtocol))
        return connection

    def _verifier(self, protocol: TLSMemoryBIOProtocol) -> Callable[[Connection, X509, int, int, int], bool]:
        wanted = (DNS_ID if self._hostnameIsDnsName else IPAddress_ID)(self._hostnameASCII)
        reference = ref(protocol)  # the connection belongs to the protocol: no circle

        def verify(_: Connection, certificate: X509, error: int, depth: int, ok: int) -> bool:
            problem = None if ok else PROBLEMS.get(error, f"OpenSSL gives the reason {error}")
            if problem is None and depth == 0:
                problem = _identity_problem(certificate, wanted)
            waiting = reference()
            if problem is not None and waiting is not None:
                waiting.failVerification(Failure(CertificateRefusedError(problem)))  # type: ignore[no-untyped-call]
            return problem is None

        return verify


def _identity_problem(certificate: X509, wanted: DNS_ID | IPAddress_ID) -> str | None:
    try:
        verify_service_identity(extract_patterns(certificate), [wanted], [])
    except (VerificationError, CertificateError):
        return OTHER_HOST
    return None
