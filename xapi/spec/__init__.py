"""The rules of the Experience API as pure functions over plain JSON: no database, no web, no clock."""
