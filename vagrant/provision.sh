#!/bin/sh
# What a virtual machine needs for labs; a second run changes nothing. With a public box it installs Docker and modules.
set -eu

MODULES="br_netfilter overlay ip_vs ip_vs_rr ipvlan macvlan vxlan 8021q dummy esp4 xt_policy xt_bpf xt_u32"

if ! command -v dockerd >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q -y --no-install-recommends install docker.io apparmor iptables
fi
usermod -aG docker vagrant
for module in $MODULES; do
    echo "$module"
done >/etc/modules-load.d/netproof.conf
# A kernel that lacks one is fine: `invoke doctor --host vagrant` says what that means.
for module in $MODULES; do
    modprobe -q "$module" || true
done
systemctl start docker
