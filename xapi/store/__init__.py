"""Tables of the record store and the queries on them: they flush, never commit."""
