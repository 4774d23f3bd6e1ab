#!/bin/sh
# What `invoke lab up overlay` and `down` do, by docker and ip alone, and a ping across: the yardstick for two hosts.
#
#     overlay.sh up NAME IMAGE OWNER
#     overlay.sh down NAME
#
# Runs on the engine's own machine, as root: it moves the ends of a veth pair into the two lab hosts.
set -eu

host() { # NAME NODE IMAGE OWNER
    docker run -d --name "$1-$2" --hostname "$2" \
        --label "netproof.owner=$4" --label netproof.role=benchmark \
        --network none --dns 192.0.2.53 --sysctl net.ipv4.ip_forward=0 --cgroupns private \
        --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add NET_RAW --cap-add NET_BROADCAST \
        --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH --cap-add IPC_LOCK --cap-add SYS_NICE \
        --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
        --mount "type=volume,dst=/var/lib/docker,volume-label=netproof.owner=$4" \
        --env NETPROOF_DAEMON_JSON={} --env NETPROOF_FIREWALL=nft "$3" >/dev/null
}

address() { # NAME NODE ADDRESS
    docker exec "$1-$2" sh -c "
        until [ -e /run/netproof/containerd.pid ]; do sleep 0.005; done
        ip address add $3/24 dev eth0; ip link set eth0 up
        until curl -s -o /dev/null --unix-socket /run/docker.sock http://localhost/_ping; do sleep 0.005; done"
}

# What docker says goes nowhere: only the answer to the ping is printed.
member() { # NAME NODE COMMAND
    docker exec "$1-$2" sh -c "$3"
}

up() { # NAME IMAGE OWNER
    host "$1" node1 "$2" "$3" &
    host "$1" node2 "$2" "$3" &
    wait
    one=$(docker inspect --format '{{.State.Pid}}' "$1-node1")
    two=$(docker inspect --format '{{.State.Pid}}' "$1-node2")
    nsenter --target "$one" --net ip link add eth0 type veth peer name eth0 netns "$two"
    address "$1" node1 192.0.2.1 &
    address "$1" node2 192.0.2.2 &
    wait
    token=$(member "$1" node1 'docker swarm init --advertise-addr 192.0.2.1 >/dev/null; docker swarm join-token -q worker')
    member "$1" node2 "docker swarm join --advertise-addr 192.0.2.2 --token $token 192.0.2.1:2377" >/dev/null
    member "$1" node1 'docker network create -d overlay --attachable --subnet 10.1.0.0/24 across' >/dev/null
    run='docker run -d --network across'
    member "$1" node1 "$run --name left --ip 10.1.0.10 netproof/node serve left http:80:0.0.0.0" >/dev/null &
    member "$1" node2 "$run --name right --ip 10.1.0.20 netproof/node serve right http:80:0.0.0.0" >/dev/null &
    wait
    member "$1" node1 'docker exec left ping -n -c 1 -W 10 10.1.0.20'
}

down() { # NAME
    docker rm -fv "$1-node1" "$1-node2" >/dev/null
}

"$@"
