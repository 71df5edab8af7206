"""Tools to test a wrapper alone: dialogues, traces and laws."""
