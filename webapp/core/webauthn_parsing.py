"""py_webauthn's parsers, with errors of the core."""

import logging
from collections.abc import Callable
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers import (
    base64url_to_bytes,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
)
from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

from .errors import PasskeyInvalid
from .factors import Passkey

log = logging.getLogger(__name__)

TRANSPORTS = {each.value: each for each in AuthenticatorTransport}
# NIST SP 800-131A Rev. 2, section 3.
MIN_RSA_BITS = 2048
T = TypeVar("T")


def parse(work: Callable[[], T]) -> T:
    """Run py_webauthn on a client's data: its parsers let exceptions of any kind escape."""
    try:
        return work()
    except Exception as error:
        log.debug("not a passkey: %s", type(error).__name__)
        raise PasskeyInvalid from None


def check_key(public_key: bytes) -> None:
    """Raise PasskeyInvalid for a key that no signature fits: it would count as a way in."""
    key = parse(
        lambda: decoded_public_key_to_cryptography(decode_credential_public_key(public_key))
    )
    if isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise PasskeyInvalid


def descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [TRANSPORTS[each] for each in passkey.transports if each in TRANSPORTS]
    return PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey.credential_id), transports=transports
    )
