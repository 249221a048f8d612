"""An xAPI record store (versions 1.0.3 and 2.0.0) that any Flask application can mount.

`spec` holds the rules, `store` the tables, `lrs` the use cases and `http` the resources; nothing here knows
the product.
"""
