"""Passkeys: W3C Web Authentication Level 3, with py_webauthn for its formats and signatures.

A passkey signs in alone: user verification is required, so it proves that the user has the device
and can unlock it. Attestation is not requested. The relying party id is the host of the setting
WEBAPP_BASE_URL and never that of a request.
"""

import secrets
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from .aaguids import AAGUID_NAMES
from .challenges import CHALLENGE_TTL, Challenges
from .errors import AccountDisabled, NotFound, PasskeyInvalid, PasskeyUnknown, ValidationFailed
from .factors import (
    MAX_PASSKEY_NAME,
    MAX_PASSKEYS,
    FactorRepository,
    Passkey,
    too_many_passkeys,
)
from .models import User
from .notifications import Notifications
from .ports import UserRepository
from .relying_party import RelyingParty
from .security_events import EventKind, Events
from .text import N_, Message
from .validation import normalize_name
from .webauthn_parsing import check_key, descriptor, parse

SIGN_IN = "sign in"
# WebAuthn section 4: longer ids are not valid.
MAX_CREDENTIAL_ID = 1023
REQUIRED = UserVerificationRequirement.REQUIRED
Json = dict[str, Any]


@dataclass(frozen=True)
class Passkeys:
    party: RelyingParty
    challenges: Challenges
    factors: FactorRepository
    users: UserRepository
    notifications: Notifications
    events: Events

    def creation_options(self, user: User, sid: str, now: float) -> Json:
        """PublicKeyCredentialCreationOptionsJSON for a signed-in user.

        Raises Conflict if there are too many: the device would keep a useless one.
        """
        present = self.factors.passkeys(user.id)
        if len(present) >= MAX_PASSKEYS:
            raise too_many_passkeys()
        handle = present[0].user_handle if present else secrets.token_urlsafe(32)
        options = generate_registration_options(
            rp_id=self.party.id,
            rp_name=self.party.name,
            user_id=base64url_to_bytes(handle),
            user_name=user.email,
            user_display_name=user.name or user.email,
            challenge=self.challenges.make(adding(sid, handle), now),
            timeout=CHALLENGE_TTL * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=REQUIRED
            ),
            exclude_credentials=[descriptor(each) for each in present],
        )
        return options_to_json_dict(options)

    def add(
        self, user: User, sid: str, handle: str, credential: object, name: str, now: float
    ) -> Passkey:
        """Store the new passkey of a signed-in user, who has proved recently who they are.

        `handle` and `credential` (RegistrationResponseJSON) come from the page; `name` is used if
        the model of the authenticator is unknown. Raises PasskeyInvalid, Conflict, Unavailable.
        """
        parsed = parse(lambda: parse_registration_credential_json(_mapping(credential)))
        challenge = self._challenge(parsed.response.client_data_json, adding(sid, handle), now)
        verified = parse(
            lambda: verify_registration_response(
                credential=parsed,
                expected_challenge=challenge,
                expected_rp_id=self.party.id,
                expected_origin=self.party.origin,
                require_user_verification=True,
            )
        )
        check_key(verified.credential_public_key)
        if len(verified.credential_id) > MAX_CREDENTIAL_ID or not self.challenges.use(challenge):
            raise PasskeyInvalid
        passkey = Passkey(
            user_id=user.id,
            user_handle=handle,
            credential_id=bytes_to_base64url(verified.credential_id),
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=tuple(sorted({each.value for each in parsed.response.transports or ()})),
            aaguid=verified.aaguid,
            backup_eligible=verified.credential_device_type == "multi_device",
            backed_up=verified.credential_backed_up,
            name=self._free_name(user.id, AAGUID_NAMES.get(verified.aaguid, name)),
            created_at=int(now),
        )
        added = self.factors.add_passkey(passkey)
        self.notifications.factor_added(user, Message("a passkey, “{name}”", name=passkey.name))
        return added

    def _free_name(self, user_id: str, name: str) -> str:
        """With a number, if another passkey of the user has this name."""
        taken = {each.name for each in self.factors.passkeys(user_id)}
        numbered = (f"{name[: MAX_PASSKEY_NAME - 3]} {number}" for number in count(2))
        names = chain([name[:MAX_PASSKEY_NAME]], numbered)
        return next(each for each in names if each not in taken)

    def request_options(self, purpose: str, now: float, user_id: str | None = None) -> Json:
        """PublicKeyCredentialRequestOptionsJSON.

        With a user whose password was right, for their passkeys alone. Else without a list: the
        browser offers those that it has, and a stranger learns nothing about an account.
        """
        own = self.factors.passkeys(user_id) if user_id else []
        options = generate_authentication_options(
            rp_id=self.party.id,
            challenge=self.challenges.make(purpose, now),
            timeout=CHALLENGE_TTL * 1000,
            allow_credentials=[descriptor(each) for each in own],
            user_verification=REQUIRED,
        )
        return options_to_json_dict(options)

    def authenticate(self, purpose: str, credential: object, now: float) -> tuple[User, Passkey]:
        """The user of a passkey (AuthenticationResponseJSON), and the passkey.

        Raises PasskeyInvalid, PasskeyUnknown, AccountDisabled, Unavailable.
        """
        parsed = parse(lambda: parse_authentication_credential_json(_mapping(credential)))
        challenge = self._challenge(parsed.response.client_data_json, purpose, now)
        passkey = self.factors.passkey(bytes_to_base64url(parsed.raw_id))
        if passkey is None:
            raise PasskeyUnknown
        handle = parsed.response.user_handle
        if handle is not None and bytes_to_base64url(handle) != passkey.user_handle:
            raise PasskeyInvalid
        verified = parse(
            lambda: verify_authentication_response(
                credential=parsed,
                expected_challenge=challenge,
                expected_rp_id=self.party.id,
                expected_origin=self.party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,  # the counter is compared below
                require_user_verification=True,
            )
        )
        if not self.challenges.use(challenge):
            raise PasskeyInvalid
        user = self._user(passkey)
        # A synced passkey repeats its counter. That of a single device only rises, unless there is
        # a copy (section 6.1.1).
        if not self.factors.use_passkey(
            passkey, verified.new_sign_count, verified.credential_backed_up, int(now)
        ):
            if self.factors.passkey(passkey.credential_id):  # it was not removed meanwhile
                self.events.record(EventKind.PASSKEY_REFUSED, user.id, now, passkey.name)
                raise PasskeyInvalid(N_("This passkey may be a copy. Please sign in another way."))
            raise PasskeyInvalid
        return user, passkey

    def rename(self, user_id: str, passkey_id: int, name: str) -> str:
        """The name as it is stored. Raises ValidationFailed, NotFound."""
        try:
            name = normalize_name(name, MAX_PASSKEY_NAME)
        except ValueError as refusal:
            raise ValidationFailed({"name": [refusal.args[0]]}) from None
        if not name or "://" in name:  # mails contain the name
            raise ValidationFailed({"name": [N_("Enter a name that is no web address.")]})
        if not self.factors.rename_passkey(user_id, passkey_id, name):
            raise NotFound
        return name

    def remove(self, user: User, passkey_id: int, now: float) -> Passkey:
        """Raises NotFound; Conflict if it is the last way to sign in."""
        removed = self.factors.remove_passkey(user.id, passkey_id, int(now))
        if removed is None:
            raise NotFound
        self.notifications.factor_removed(user, Message("a passkey, “{name}”", name=removed.name))
        return removed

    def _challenge(self, client_data: bytes, purpose: str, now: float) -> bytes:
        """The challenge that was signed. Raises PasskeyInvalid if it is not one of ours."""
        challenge = parse(lambda: parse_client_data_json(client_data)).challenge
        if not self.challenges.is_valid(challenge, purpose, now):
            raise PasskeyInvalid(N_("This took too long. Please try again."))
        return challenge

    def _user(self, passkey: Passkey) -> User:
        row = self.users.by_id(passkey.user_id)
        if row is None:
            raise PasskeyUnknown
        if row[0].disabled:
            raise AccountDisabled
        return row[0]


def adding(sid: str, handle: str) -> str:
    """The purpose of a challenge for a new passkey."""
    return f"add to {sid} as {handle}"


def confirming(sid: str) -> str:
    """The purpose of a challenge for re-authentication."""
    return f"confirm in {sid}"


def _mapping(credential: object) -> Json:
    if not isinstance(credential, dict):
        raise PasskeyInvalid
    return credential
