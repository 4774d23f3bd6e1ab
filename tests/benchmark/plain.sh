#!/bin/sh
# What `invoke lab up bridge-nat` and `down` do, by docker and ip alone: the yardstick of `invoke bench`.
#
#     plain.sh up NAME IMAGE OWNER      prints what the outsider answers the client
#     plain.sh down NAME
#
# As fast as such a script can be: one `docker exec`, the wiring done while the engine starts, nothing waited for that
# has happened already. It keeps none of what `lab up` promises: no undo, no second copy, no state, no snapshot.
set -eu

# Runs in the lab host.
inside() {
    set -eu
    # From here on, lab-init has put its own file system on /run.
    until [ -e /run/netproof/containerd.pid ]; do sleep 0.005; done
    ip netns add outsider
    ip netns exec outsider serve outsider http:80:0.0.0.0 >/var/log/outsider.log 2>&1 &
    ip link add eth0 type veth peer name eth0 netns outsider
    ip address add 203.0.113.2/24 dev eth0
    ip link set eth0 up
    ip -n outsider address add 203.0.113.1/24 dev eth0
    ip -n outsider link set lo up
    ip -n outsider link set eth0 up
    until curl -s -o /dev/null --unix-socket /run/docker.sock http://localhost/_ping; do sleep 0.005; done
    docker run -d --name client --hostname client netproof/node:latest sleep infinity >/dev/null
    client=$(docker inspect --format '{{.State.Pid}}' client)
    # Only the client's network is entered: a nested `docker exec` would take several times as long.
    until nsenter --target "$client" --net curl -sf --max-time 5 http://203.0.113.1/; do sleep 0.005; done
}

up() { # NAME IMAGE OWNER
    docker run -d --name "$1" --hostname host \
        --label "netproof.owner=$3" --label netproof.role=benchmark \
        --network none --dns 192.0.2.53 --sysctl net.ipv4.ip_forward=0 --cgroupns private \
        --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW --cap-add NET_BROADCAST \
        --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH --cap-add IPC_LOCK --cap-add SYS_NICE \
        --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
        --mount "type=volume,dst=/var/lib/docker,volume-label=netproof.owner=$3" \
        --env 'NETPROOF_DAEMON_JSON={"bip":"10.0.0.1/8"}' --env NETPROOF_FIREWALL=nft \
        "$2" >/dev/null
    # The function is sent as text: sed cuts it out of this file, so that a shell can check it, too.
    docker exec "$1" sh -c "$(sed -n '/^inside()/,/^}/p' "$0"); inside"
}

down() { # NAME
    docker rm -fv "$1" >/dev/null
}

"$@"
