"""The sign-in pages: what a person sees between the client's site and the bank."""
