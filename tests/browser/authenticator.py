"""Chromium's virtual authenticator: the device that holds a person's passkeys."""

from typing import Any

from .page import Page

SINGLE_DEVICE = {"defaultBackupEligibility": False, "defaultBackupState": False}


class Authenticator:
    def __init__(self, page: Page, **options: Any) -> None:
        self._page = page
        page.cdp("WebAuthn.enable", enableUI=False)
        usual = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
            "defaultBackupEligibility": True,
            "defaultBackupState": True,
        }
        added = page.cdp("WebAuthn.addVirtualAuthenticator", options=usual | options)
        self.id = added["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("getCredentials")["credentials"]
        return found

    def set_counter(self, count: int) -> None:
        """As a copy of the device would have it."""
        (credential,) = self.credentials()
        self._call("removeCredential", credentialId=credential["credentialId"])
        self._call("addCredential", credential={**credential, "signCount": count})

    def verifies(self, does: bool) -> None:
        """Whether the person is recognised by finger, face or PIN."""
        self._call("setUserVerified", isUserVerified=does)

    def asleep(self) -> None:
        """Nobody touches it: what waits for autofill goes on waiting."""
        self._call("setAutomaticPresenceSimulation", enabled=False)

    def awake(self) -> None:
        self._call("setAutomaticPresenceSimulation", enabled=True)

    def remove(self) -> None:
        self._call("removeVirtualAuthenticator")
        self._page.cdp("WebAuthn.disable")

    def _call(self, name: str, **parameters: Any) -> Any:
        return self._page.cdp(f"WebAuthn.{name}", authenticatorId=self.id, **parameters)
