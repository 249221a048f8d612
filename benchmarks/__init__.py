"""Measurements of the running system, each against its own temporary installation. `make bench` runs them."""
