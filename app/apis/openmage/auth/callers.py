"""Who sends a request."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from aiohttp import hdrs, web

from app.access.oauth import AccessToken, OAuth, OAuthProblem, is_oauth
from app.access.signature import SignedRequest
from app.apis.openmage.auth.refusals import Refusals
from app.apis.openmage.auth.rights import Principal, check_privilege, may_use, principal_of
from app.apis.openmage.auth.signed import has_form, read_form, signed_request
from app.apis.openmage.errors import UserType
from app.apis.openmage.profile_settings import ProfileSettings
from app.errors import ProductImagesError
from app.http.ready import LETS_AT_ONCE, Claim, Guard, LetsAtOnce
from app.settings import Settings

_PRINCIPAL: Final = web.RequestKey("openmage_principal", Principal)
_PROBLEM: Final = web.RequestKey("openmage_problem", ProductImagesError)


class Callers:
    """Each request is looked at once, whoever asks: a nonce counts once.

    `guards` let a signed request to what an earlier one of the same user type got.
    """

    def __init__(self, settings: Settings, oauth: OAuth, profile_settings: ProfileSettings, refusals: Refusals) -> None:
        self._settings = settings
        self._oauth = oauth
        self._profile_settings = profile_settings
        self._refusals = refusals
        self._guest = Principal("guest", profile_settings.privileges["guest"])
        self.guards: Mapping[UserType, Guard] = {
            "admin": partial(self._is_let, "admin"),
            "customer": partial(self._is_let, "customer"),
        }

    async def principal(self, request: web.Request) -> Principal:
        """Raises OAuthProblem, InvalidHost, and what reading a form raises."""
        if (problem := request.get(_PROBLEM)) is not None:
            raise problem
        return request.get(_PRINCIPAL) or await self._found(request)

    async def _found(self, request: web.Request) -> Principal:
        authorization = request.headers.get(hdrs.AUTHORIZATION, "")
        if not is_oauth(authorization):
            return self._guest
        try:
            form = await read_form(request) if has_form(request) else ""
            token = await self._verified(authorization, request, form)
        except ProductImagesError as problem:
            request[_PROBLEM] = problem
            raise
        principal = request[_PRINCIPAL] = principal_of(token, self._profile_settings)
        return principal

    async def _verified(self, authorization: str, request: web.Request, form: str) -> AccessToken:
        signed = signed_request(request, self._settings, form)
        try:
            return await self._oauth.verify(authorization, signed)
        except OAuthProblem as problem:
            self._refusals.note(problem, request, signed)
            raise

    async def _is_let(self, user: UserType, request: web.Request) -> bool:
        """Whether `user` asks. Guards stand in front of APIs, so nobody has looked at the request yet."""
        if has_form(request):  # its body is for the API to read
            return False
        principal = await self._found(request)
        check_privilege(principal, request.method)
        if principal.user != user:
            return False
        request[LETS_AT_ONCE] = LetsAtOnce(partial(self._lets_at_once, user, signed_request(request, self._settings)))
        return True

    def _lets_at_once(self, user: UserType, like: SignedRequest, path: str, authorization: str) -> Claim | None:
        """`like` came from where this one comes from, to the same address."""
        verified = self._oauth.verify_at_once(authorization, like._replace(path=path, query=""))
        if verified is None:
            return None
        principal = principal_of(verified.token, self._profile_settings)
        return verified.claim if principal.user == user and may_use(principal, like.method) else None
