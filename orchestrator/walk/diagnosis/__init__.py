"""Where an exchange ended and why: a detector a module, each with what speaks for it."""
