"""Other people's loops: the pull driver as a Gymnasium wrapper."""
