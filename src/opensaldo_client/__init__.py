"""A thin client of the OpenSaldo API on the standard library alone."""
