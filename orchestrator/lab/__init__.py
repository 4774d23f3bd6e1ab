"""A lab that runs: a handle on it, its engines and agents, and looking at what happens in it."""
