"""OAuth 1.0a in the order, and with the problem texts, of OpenMage's REST interface."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from app.access.nonces import NonceMemory, digest
from app.access.signature import SignatureMethod, SignedRequest, is_signed_by
from app.errors import ProductImagesError
from app.percent import decoded

FUTURE_SECONDS: Final = 600
"""How far a client's clock may be ahead."""

_KEY_LENGTH: Final = 32
_NAME: Final = re.compile(r"oauth_[a-z_-]+")
_DIGITS: Final = re.compile(r"\s*\+?(\d{1,19})")
_METHODS: Final[Mapping[str, SignatureMethod]] = {"HMAC-SHA1": "HMAC-SHA1", "PLAINTEXT": "PLAINTEXT"}
_CHANGING: Final = frozenset({"POST", "PUT", "DELETE"})

Parameters = Mapping[str, str]


class OAuthProblem(ProductImagesError):
    """The request's OAuth credentials are not valid.

    `problem` is what the client reads, such as `oauth_problem=nonce_used`.
    """

    def __init__(self, name: str, absent: str = "") -> None:
        self.name = name
        self.problem = f"oauth_problem={name}" + (f"&oauth_parameters_absent={absent}" if absent else "")
        super().__init__(self.problem)


class SignatureInvalid(OAuthProblem):
    """The signature is not the one of this request.

    `fits` says whether it is that of another one, such as the same under another host.
    """

    def __init__(self, fits: Callable[[SignedRequest], bool]) -> None:
        super().__init__("signature_invalid")
        self.fits = fits


@dataclass(frozen=True, slots=True)
class Consumer:
    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token stands for; `privileges` None = all of them."""

    token: str
    secret: str
    consumer_key: str
    user_type: Literal["admin", "customer"]
    privileges: frozenset[str] | None
    has_role: bool
    admin_id: int | None
    revoked: bool
    consumer_name: str | None = None


Known: TypeAlias = Callable[[str, str], tuple[Consumer, AccessToken] | None]
"""From the names of a consumer and a token to both, where that needs no waiting."""


class Verified(NamedTuple):
    """The token of a request whose nonce is not used yet; `claim` uses it."""

    token: AccessToken
    claim: Callable[[], None]


class CredentialStore(Protocol):
    """Where consumers, tokens and the nonces of writes are kept."""

    async def find_oauth(self, consumer_key: str, token: str) -> tuple[Consumer | None, AccessToken | None]: ...

    async def claim_nonce(self, consumer_key: str, nonce: str) -> bool: ...


def is_oauth(authorization: str) -> bool:
    """Whether a request with this header wants to be authenticated; any other one is a guest's."""
    return authorization[:5].lower() == "oauth"


def nonce_seconds(past_seconds: int) -> int | None:
    """How long a nonce has to be remembered; None = for ever, as old requests stay valid."""
    return past_seconds + FUTURE_SECONDS + 60 if past_seconds else None


class OAuth:
    """Verifies requests; `past_seconds` is the oldest timestamp accepted, 0 for any. `used` hears of tokens let in."""

    def __init__(
        self,
        credentials: CredentialStore,
        past_seconds: int,
        clock: Callable[[], float] = time.time,
        used: Callable[[str], None] = lambda _: None,
        known: Known = lambda _, __: None,
    ) -> None:
        self._known = known
        self._credentials = credentials
        self._used = used
        self._past_seconds = past_seconds
        self._clock = clock
        self._nonces = NonceMemory(nonce_seconds(past_seconds), clock)

    async def verify(self, authorization: str, request: SignedRequest) -> AccessToken:
        """The token that a request was made with; OAuthProblem for the first check that fails."""
        parameters = read_parameters(authorization)
        method = _signature_method(parameters, request)
        if method != "PLAINTEXT":
            self._check_time(parameters)
        key, name = parameters["oauth_consumer_key"], parameters.get("oauth_token", "")
        consumer, token = await self._find(key, name)
        if consumer is None:
            raise OAuthProblem("consumer_key_rejected")
        if method != "PLAINTEXT":
            await self._claim_nonce(key, parameters["oauth_nonce"], request.method)
        token = _checked(token, name, key)
        secrets = consumer.secret, token.secret
        if not is_signed_by(request, parameters, method, secrets):
            raise SignatureInvalid(lambda other: is_signed_by(other, parameters, method, secrets))
        self._used(token.token)
        return token

    def verify_at_once(self, authorization: str, request: SignedRequest) -> Verified | None:
        """What `verify` would let in of reads signed by HMAC, found without waiting, and without a trace until it is
        claimed. None where it has to wait, or refuses: it is for `verify` then, which tells why."""
        parameters = read_parameters(authorization)
        try:
            if request.method in _CHANGING or _signature_method(parameters, request) == "PLAINTEXT":
                return None
            self._check_time(parameters)
            key, name, nonce = (
                parameters["oauth_consumer_key"],
                parameters.get("oauth_token", ""),
                parameters["oauth_nonce"],
            )
            consumer, found = self._known(key, name) or (None, None)
            token = _checked(found, name, key)
        except OAuthProblem:
            return None
        if consumer is None or self._nonces.is_known(key, nonce):
            return None
        if not is_signed_by(request, parameters, "HMAC-SHA1", (consumer.secret, token.secret)):
            return None
        return Verified(token, partial(self._let, token, nonce))

    def _let(self, token: AccessToken, nonce: str) -> None:
        self._nonces.claim(token.consumer_key, nonce)
        self._used(token.token)

    def _check_time(self, parameters: Parameters) -> None:
        for name in ("oauth_nonce", "oauth_timestamp"):
            _require(parameters, name)
        digits = _DIGITS.match(parameters["oauth_timestamp"])
        stamp, now = int(digits[1]) if digits else 0, self._clock()
        too_old = bool(self._past_seconds) and stamp < now - self._past_seconds
        if stamp <= 0 or stamp > now + FUTURE_SECONDS or too_old:
            raise OAuthProblem("timestamp_refused")

    async def _find(self, key: str, token: str) -> tuple[Consumer | None, AccessToken | None]:
        """Never asks for what cannot exist: a text that is not plain ASCII is no key."""
        if not _is_key(key):
            return None, None
        return await self._credentials.find_oauth(key, token if _is_key(token) else "")

    async def _claim_nonce(self, consumer_key: str, nonce: str, method: str) -> None:
        """Nonces of writes are kept for all processes; reads change nothing, so one's memory will do."""
        fresh = self._nonces.claim(consumer_key, nonce)
        if fresh and method in _CHANGING:
            fresh = await self._credentials.claim_nonce(consumer_key, digest(nonce))
        if not fresh:
            raise OAuthProblem("nonce_used")


def consumer_key(authorization: str) -> str:
    """The consumer key that a header names; empty for what cannot be one."""
    key = read_parameters(authorization).get("oauth_consumer_key", "")
    return key if _is_key(key) else ""


def read_parameters(authorization: str) -> dict[str, str]:
    """The `oauth_…` parameters of an Authorization header that `is_oauth`; of several values the last."""
    parameters = {}
    for part in authorization[6:].split(","):
        spelled, separator, value = part.partition("=")
        name = _name(spelled)
        if separator and name:
            value = value.strip().strip('"')
            parameters[name] = _decoded(value) if "%" in value else value
    return parameters


@lru_cache(maxsize=256)
def _name(spelled: str) -> str:
    """The name of a parameter; empty for one that is not OAuth's."""
    name = spelled.strip()
    return _decoded(name) if _NAME.match(name) else ""


def _decoded(text: str) -> str:
    usual = text.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")  # all that a signature needs
    return decoded(text) if "%" in usual else usual


def _signature_method(parameters: Parameters, request: SignedRequest) -> SignatureMethod:
    """Checks all that needs neither clock nor database."""
    if parameters.get("oauth_version", "1.0") != "1.0":
        raise OAuthProblem("version_rejected")
    for name in ("oauth_consumer_key", "oauth_signature_method", "oauth_signature"):
        _require(parameters, name)
    if len(parameters["oauth_consumer_key"]) != _KEY_LENGTH:
        raise OAuthProblem("consumer_key_rejected")
    method = _METHODS.get(parameters["oauth_signature_method"])
    if method is None or (method == "PLAINTEXT" and not request.is_private):
        raise OAuthProblem("signature_method_rejected")
    return method


def _checked(token: AccessToken | None, name: str, consumer_key: str) -> AccessToken:
    if name in ("", "0"):
        raise OAuthProblem("parameter_absent", "oauth_token")
    if token is None or token.consumer_key != consumer_key:
        raise OAuthProblem("token_rejected")
    if token.revoked:
        raise OAuthProblem("token_revoked")
    return token


def _require(parameters: Parameters, name: str) -> None:
    """OpenMage counts an empty value, and the text `0`, as absent."""
    if parameters.get(name, "") in ("", "0"):
        raise OAuthProblem("parameter_absent", name)


def _is_key(text: str) -> bool:
    return len(text) == _KEY_LENGTH and text.isascii() and text.isprintable()
