"""Events and who is told of them: operations, documents, the stream. Source: native.md, section 8."""
