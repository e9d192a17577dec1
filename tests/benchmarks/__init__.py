"""Measurements, started by command and never by the tests: what they say depends on the machine."""
