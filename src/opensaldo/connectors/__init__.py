"""To the banks: one package a standard, one text file a bank."""
