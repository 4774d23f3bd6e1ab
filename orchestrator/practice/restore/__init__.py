"""Back to the state after `up`: namespaces, settings and files, repaired in place as far as that can be vouched for."""
