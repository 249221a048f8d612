"""Pages: a blueprint a feature; forms, templates and static files beside them."""
