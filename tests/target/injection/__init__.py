"""The injection, each part of it, on real displays where it matters."""
