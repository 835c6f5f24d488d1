"""The nouns: frozen records every other package speaks in, with no behaviour beyond their own."""
