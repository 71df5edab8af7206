"""What is kept on disk: snapshots, fingerprints, configuration."""
