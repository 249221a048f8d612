"""Packages: a course as other people's learning systems take it, with the player that all formats share."""
