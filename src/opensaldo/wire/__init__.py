"""Between domain nouns and the bytes of the public contract."""
