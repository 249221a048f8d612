"""Items in other programs' formats: CSV, GIFT and QTI both ways, Anki out. Pure: bytes in and out."""
