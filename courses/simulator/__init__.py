"""Practice conversations: what a scene is, reading one, and playing it."""
