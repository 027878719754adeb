"""Accounts over a real database: one statement each, remembered until they change."""

import pytest

from app.access.accounts import Accounts
from app.access.secrets import SecretBox, hash_key, make_token
from app.db.listen import Hearing
from app.db.pool import Database
from app.errors import Misconfigured
from app.service.catalogue.keys import KeyOptions, put_key, revoke_key
from app.service.catalogue.oauth import IssuedToken, TokenOptions, put_token, revoke_token

BOX = SecretBox("key")


@pytest.fixture(name="accounts")
def _accounts(database: Database) -> Accounts:
    return Accounts(database, BOX, Hearing(True, True))


@pytest.fixture(name="admin")
async def _admin(database: Database) -> IssuedToken:
    async with database.transaction() as tx:
        return await put_token(tx, BOX, TokenOptions("admin", privileges=("create", "retrieve")))


async def test_a_consumer_comes_with_the_token_presented(accounts: Accounts, admin: IssuedToken) -> None:
    """Consumer and token are found together, their secrets open."""
    consumer, token = await accounts.find_oauth(admin.consumer_key, admin.token)
    assert consumer is not None
    assert token is not None
    assert (consumer.secret, token.secret) == (admin.consumer_secret, admin.token_secret)
    assert (token.user_type, token.privileges) == ("admin", frozenset({"create", "retrieve"}))
    assert token.has_role
    assert not token.revoked


async def test_an_unknown_token_leaves_the_consumer_known(accounts: Accounts, admin: IssuedToken) -> None:
    """A consumer is found without its token; without the consumer nothing is."""
    consumer, token = await accounts.find_oauth(admin.consumer_key, make_token())
    assert consumer is not None
    assert token is None
    assert await accounts.find_oauth(make_token(), admin.token) == (None, None)


async def test_what_is_known_is_remembered_until_dropped(
    accounts: Accounts, admin: IssuedToken, database: Database
) -> None:
    """A revoked token is remembered as it was until the accounts are dropped."""
    await accounts.find_oauth(admin.consumer_key, admin.token)
    await revoke_token(database, admin.token)
    _, before = await accounts.find_oauth(admin.consumer_key, admin.token)
    accounts.drop()
    _, after = await accounts.find_oauth(admin.consumer_key, admin.token)
    assert before is not None
    assert after is not None
    assert (before.revoked, after.revoked) == (False, True)


async def test_a_new_token_works_at_once(accounts: Accounts, admin: IssuedToken, database: Database) -> None:
    """That something is unknown is not remembered."""
    other = make_token()
    assert (await accounts.find_oauth(admin.consumer_key, other))[1] is None
    async with database.transaction() as tx:
        await put_token(tx, BOX, TokenOptions("customer", consumer_key=admin.consumer_key, token=other))
    assert (await accounts.find_oauth(admin.consumer_key, other))[1] is not None


async def test_another_secret_key_opens_nothing(database: Database, admin: IssuedToken) -> None:
    """With another SECRET_KEY the stored secrets are reported as a configuration error."""
    with pytest.raises(Misconfigured):
        await Accounts(database, SecretBox("other"), Hearing()).find_oauth(admin.consumer_key, admin.token)


async def test_a_nonce_is_claimed_once_by_all_processes(accounts: Accounts, database: Database) -> None:
    """A consumer's nonce is accepted once, whoever asks."""
    assert await accounts.claim_nonce("c" * 32, "n")
    assert not await Accounts(database, BOX, Hearing(True, True)).claim_nonce("c" * 32, "n")
    assert await accounts.claim_nonce("d" * 32, "n")


async def test_old_nonces_can_be_forgotten(accounts: Accounts, database: Database) -> None:
    """Nonces older than the window are removed, others stay."""
    await accounts.claim_nonce("c" * 32, "n")
    assert await database.execute("forget_oauth_nonces", 3600.0) == 0
    assert await database.execute("forget_oauth_nonces", -1.0) == 1
    assert await accounts.claim_nonce("c" * 32, "n")


async def role_of(accounts: Accounts, key: str) -> str | None:
    found = await accounts.spree_key_of(key)
    return found and found.role


async def test_an_api_key_has_a_role_until_it_is_revoked(accounts: Accounts, database: Database) -> None:
    """An API key's role is found by its digest and remembered until the accounts are dropped."""
    row, key = await put_key(database, KeyOptions("admin"))
    assert await role_of(accounts, key) == "admin"
    assert await role_of(accounts, key + "x") is None
    await revoke_key(database, str(row["id"]))
    assert await role_of(accounts, key) == "admin"
    accounts.drop()
    assert await role_of(accounts, key) is None
    assert len(hash_key(key)) == 32


@pytest.mark.parametrize("hearing", [Hearing(), Hearing(listening=True, current=False)], ids=["deaf", "late"])
async def test_a_revoked_credential_is_refused_where_nothing_is_heard(
    database: Database, admin: IssuedToken, hearing: Hearing
) -> None:
    """While changes are not heard of, or late, a revoked key or token is refused at once, and a good one is taken."""
    heard = Hearing(listening=True, current=True)
    accounts = Accounts(database, BOX, heard)
    row, key = await put_key(database, KeyOptions("admin"))
    _, other = await put_key(database, KeyOptions("admin"))
    for credential in (key, other):
        assert await role_of(accounts, credential) == "admin"  # remembered
    await accounts.find_oauth(admin.consumer_key, admin.token)
    assert accounts.known_oauth(admin.consumer_key, admin.token) is not None
    heard.listening, heard.current = hearing.listening, hearing.current
    await revoke_key(database, str(row["id"]))
    await revoke_token(database, admin.token)

    assert accounts.known_oauth(admin.consumer_key, admin.token) is None
    assert await role_of(accounts, key) is None
    assert await role_of(accounts, other) == "admin"
    _, token = await accounts.find_oauth(admin.consumer_key, admin.token)
    assert token is not None
    assert token.revoked
