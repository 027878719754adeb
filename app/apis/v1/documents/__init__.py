"""What the catalogue holds, as documents: pure, with every member present. Source: native.md, sections 3 and 13."""
