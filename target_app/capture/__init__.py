"""The target's screen as pixels and changes: one contract, one file per platform."""
