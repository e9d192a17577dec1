"""Pointer and keys of the controller, carried out on the target's system."""
