"""What is remembered between commands: files about instances, journals, locks, and the labels of what is ours."""
