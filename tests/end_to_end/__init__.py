"""Whole programs on virtual displays, worked with mouse and keyboard as their users do."""
