from app.access.nonces import NonceMemory


def test_a_nonce_is_claimed_once_per_consumer() -> None:
    """A nonce is claimed once per consumer."""
    memory = NonceMemory(60)
    assert memory.claim("a", "n")
    assert not memory.claim("a", "n")
    assert memory.claim("b", "n")


def test_a_nonce_is_forgotten_after_its_time() -> None:
    """A nonce is remembered for its time and no longer."""
    now = [0.0]
    memory = NonceMemory(60, lambda: now[0])
    memory.claim("a", "n")
    now[0] = 60.0
    assert not memory.claim("a", "n")
    now[0] = 60.5
    assert memory.claim("a", "n")
    assert len(memory) == 1


def test_a_flood_of_nonces_costs_bounded_memory() -> None:
    """Beyond the bound the oldest nonces are forgotten first."""
    memory = NonceMemory(None, lambda: 0.0, most=3)
    for nonce in "abcd":
        assert memory.claim("k", nonce)
    assert len(memory) == 3
    assert not memory.claim("k", "d")
