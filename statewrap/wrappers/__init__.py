"""Every wrapper in the box."""
