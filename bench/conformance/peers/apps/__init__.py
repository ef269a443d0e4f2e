"""The servers of the comparison, each as its own documentation sets it up."""
