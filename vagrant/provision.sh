#!/bin/bash
# Makes a virtual machine ready for labs, as NAME; a second run changes nothing. With a public box it installs what lacks.
#
# Afterwards its real interfaces live in a network namespace called `mgmt`, and so does ssh's port, while whoever logs in
# is in the machine's own namespace, which is a lab's alone: no lab can cut the way in, and no packet of one gets out.
set -euo pipefail

NAME=${1:-node1}
FILES=/tmp/netproof
HOME_OF_IT=/usr/local/lib/netproof
UNITS=/etc/systemd/system
MODULES="br_netfilter overlay ip_vs ip_vs_rr ipvlan macvlan vxlan 8021q dummy esp4 xt_policy xt_bpf xt_u32"

packages() {
    local wanted
    mapfile -t wanted <"$FILES/packages"
    # From trixie on the client is a package of its own.
    if apt-cache show docker-cli >/dev/null 2>&1; then wanted+=(docker-cli); fi
    if dpkg-query -W "${wanted[@]}" >/dev/null 2>&1; then return; fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q -y --no-install-recommends install "${wanted[@]}"
}

modules() {
    local module
    printf '%s\n' $MODULES >/etc/modules-load.d/netproof.conf
    # A kernel that lacks one is fine: `invoke doctor --host vagrant` says what that means.
    for module in $MODULES; do modprobe -q "$module" || true; done
}

name() {
    echo "$NAME" >/etc/hostname
    hostname "$NAME"
    grep -qw "$NAME" /etc/hosts || echo "127.0.1.1 $NAME" >>/etc/hosts
}

# The way in moves once vagrant, which came by the old one, has left.
way_in() {
    install -m 755 -D -t "$HOME_OF_IT" "$FILES/mgmt" "$FILES/lease"
    install -m 644 -t "$UNITS" "$FILES"/*.service "$FILES"/*.socket
    systemctl daemon-reload
    if systemctl -q is-active netproof-mgmt; then return; fi
    systemctl -q enable netproof-mgmt.service netproof-dhcp.service netproof-ssh.socket
    systemd-run -q --collect --on-active=1 "$HOME_OF_IT/mgmt" move
}

packages
modules
usermod -aG docker vagrant
name
way_in
rm -rf "$FILES"
