"""What the tests share: virtual displays, programs with an end, waiting with a bound."""
