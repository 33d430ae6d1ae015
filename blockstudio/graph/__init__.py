"""The document: what it is made of, and every way to change it."""
