"""An OpenID provider: where to send a worker, and who they are when they come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog

from crowd.errors import Unauthorized, Unavailable
from crowd.services.people.accounts import Identity

if TYPE_CHECKING:
    from authlib.integrations.flask_client import FlaskOAuth2App

SECONDS = 5
# Never "none", and nothing that the client's secret could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
REFUSED = "the provider did not confirm who you are; try again"
AWAY = "the provider does not answer; try again, or sign in another way"

log = structlog.get_logger("crowd.openid")


@dataclass(frozen=True, slots=True)
class Departure:
    """A worker on their way to the provider, and what must be known when they come back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Provider:
    """The authorization code flow with PKCE at one issuer."""

    issuer: str
    client_id: str
    client_secret: str

    def departure(self, callback: str) -> Departure:
        """Return where to send a worker who is to come back to `callback`."""
        with _explained():
            sent = self._client.create_authorization_url(callback)
        return Departure(sent["url"], sent["state"], sent["nonce"], sent["code_verifier"])

    def identity(self, code: str, callback: str, *, nonce: str, verifier: str) -> tuple[Identity, str]:
        """Return who came back with this code, and a name to show for them."""
        with _explained():
            metadata = self._client.load_server_metadata()
            token = self._client.fetch_access_token(callback, code=code, code_verifier=verifier)
            options = {
                "iss": {"essential": True, "value": metadata["issuer"]},
                "aud": {"essential": True, "value": self.client_id},
            }
            claims: dict[str, Any] = self._client.parse_id_token(token, nonce, options) or {}
        if not claims.get("sub") or metadata["issuer"].rstrip("/") != self.issuer:
            log.warning("openid refused", issuer=metadata["issuer"])
            raise Unauthorized(REFUSED)
        shown = claims.get("email") or claims.get("preferred_username") or claims["sub"]
        return Identity(self.issuer, str(claims["sub"])), str(shown)

    @cached_property
    def _client(self) -> FlaskOAuth2App:
        from authlib.integrations.flask_client import FlaskOAuth2App

        client = FlaskOAuth2App(
            None,
            client_id=self.client_id,
            client_secret=self.client_secret,
            server_metadata_url=f"{self.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "default_timeout": SECONDS,
            },
        )
        with _explained():
            metadata = client.load_server_metadata()
        listed = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [name for name in listed if name in ALGORITHMS]
        return client


@contextmanager
def _explained() -> Iterator[None]:
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        yield
    except RequestException as error:
        log.warning("openid provider away", error=type(error).__name__)
        raise Unavailable(AWAY) from None
    except (AuthlibBaseError, JoseError, RuntimeError, ValueError, KeyError) as error:
        log.warning("openid refused", error=type(error).__name__)
        raise Unauthorized(REFUSED) from None
