"""Large access logs on an existing distributed engine: the same kernel as tasks, merged here."""
