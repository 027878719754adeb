"""Retries that cannot duplicate: `Idempotency-Key`. Source: native.md, section 4."""
