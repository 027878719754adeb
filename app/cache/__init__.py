"""What is kept in memory to be answered again: documents, the requests that led to them, files."""
