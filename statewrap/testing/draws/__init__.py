"""What can be drawn: spaces, values in them, episodes, scenes; by dice or by hypothesis."""
