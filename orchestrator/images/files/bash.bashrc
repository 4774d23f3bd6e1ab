# A shell that netproof opened keeps the prompt that names its lab and node, and so do those started in it.
PS1=${NETPROOF_PROMPT:-'\u@\h:\w\$ '}
