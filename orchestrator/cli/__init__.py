"""The command line: what each command does and prints. Everything else is below it and prints nothing."""
