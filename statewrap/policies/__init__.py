"""Trained policies of other libraries, as policies."""
