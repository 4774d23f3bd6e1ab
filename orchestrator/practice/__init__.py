"""Practice on a lab: break it on purpose, look at what is red, grade the repair, keep count."""
