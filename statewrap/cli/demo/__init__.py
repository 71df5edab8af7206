"""The demo: trained policies, their configurations, and the programs that are no part of it."""
