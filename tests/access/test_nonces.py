from app.access.nonces import NonceMemory


def test_a_nonce_is_claimed_once_per_consumer() -> None:
    """A nonce is claimed once per consumer."""
    memory = NonceMemory(60)
    assert memory.claim("a", "n")
    assert not memory.claim("a", "n")
    assert memory.claim("b", "n")


def test_a_nonce_is_remembered_for_its_time_and_forgotten_after_twice_as_long() -> None:
    """A nonce is remembered for its time at least, whatever else comes, and for no more than twice as long."""
    now = [0.0]
    memory = NonceMemory(60, lambda: now[0])
    now[0] = 50.0
    memory.claim("a", "n")
    for now[0] in (70.0, 110.0):
        memory.claim("a", f"at {now[0]}")
        assert not memory.claim("a", "n")
    for now[0] in (131.0, 192.0):
        memory.claim("a", f"at {now[0]}")
    assert memory.claim("a", "n")
    assert len(memory) == 3


def test_a_flood_of_nonces_costs_bounded_memory() -> None:
    """Of a flood the last ones are remembered, as many as promised and at most twice as many."""
    memory = NonceMemory(None, lambda: 0.0, most=3)
    for nonce in "abcdefgh":
        assert memory.claim("k", nonce)
    assert len(memory) <= 6
    assert not any(memory.claim("k", nonce) for nonce in "fgh")
    assert memory.claim("k", "a")


def test_a_long_nonce_is_told_from_others_like_it() -> None:
    """Nonces of any length count as the whole of them."""
    memory = NonceMemory(60)
    assert all(memory.claim("k", nonce) for nonce in ("n" * 64, "n" * 65, "n" * 7000, "n" * 65 + "m"))
    assert not any(memory.claim("k", nonce) for nonce in ("n" * 64, "n" * 65, "n" * 7000))
