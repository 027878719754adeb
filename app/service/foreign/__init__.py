"""Pictures that lie elsewhere."""
