"""Commands about one lab, a module each: `invoke lab up` is in up.py. What ends in _ would be a word of Python."""
