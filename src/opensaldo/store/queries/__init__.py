"""One file for each noun: a function per query, the connection first, domain nouns back."""
