"""KontoBank: a bank that can be simulated, a program of its own, a stranger to opensaldo."""
