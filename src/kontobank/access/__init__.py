"""Who may see what: sign-ins, consents, tokens, the count of calls, the log of calls."""
