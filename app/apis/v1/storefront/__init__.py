"""What a storefront needs in one read, for everybody: without a key, and public. Source: native.md, section 9."""
