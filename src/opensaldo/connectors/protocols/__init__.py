"""The standards banks speak, one package each; none knows another."""
