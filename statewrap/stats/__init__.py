"""Statistics as a pure fold, and the sinks they are handed to."""
