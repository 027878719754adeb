"""Who may do what, and how often."""

from dataclasses import dataclass

from app.access.accounts import Accounts
from app.access.oauth import OAuth
from app.access.secrets import SecretBox
from app.access.sessions import Sessions
from app.db.listen import Hearing
from app.db.pool import Database
from app.http.rate_limits import RateLimits
from app.http.retries.answers import KeptAnswers
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Access:
    accounts: Accounts
    sessions: Sessions
    oauth: OAuth
    rate_limits: RateLimits
    answers: KeptAnswers


def access_of(settings: Settings, database: Database, hearing: Hearing) -> Access:
    accounts = Accounts(database, SecretBox(settings.secret_key, settings.secret_key_former), hearing)
    oauth = OAuth(accounts, settings.openmage_oauth_past_seconds, used=accounts.uses.token, known=accounts.known_oauth)
    sessions = Sessions(database, hearing, accounts.uses.key)
    return Access(accounts, sessions, oauth, RateLimits(settings), KeptAnswers(settings, database))
