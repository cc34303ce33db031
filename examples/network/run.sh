# What the tutorial types, in the folder of this file, and in a shell that has a network and processes of its own:
#
#     unshare --user --map-root-user --net --pid --fork --mount-proc bash
set -ex

# hosts
ip link set lo up
ip address add 198.51.100.1/24 dev lo    # the server
ip address add 198.51.100.2/24 dev lo    # node one
ip address add 198.51.100.3/24 dev lo    # node two
# end of hosts

# machines
unshare --net python -m wand_handed.give one-tap.sock 02:00:00:00:00:01 10.77.0.1/16 & one=$!
unshare --net python -m wand_handed.give two-tap.sock 02:00:00:00:00:02 10.77.0.2/16 & two=$!
# end of machines

# server
twistd --pidfile=server.pid --logfile=server.log wand-server --config=server.toml
wand --control=server.sock invite --name=office-one --out=one.invitation
wand --control=server.sock invite --name=visitor --out=two.invitation
# end of server

# nodes
twistd --pidfile=one.pid --logfile=one.log wand-node --config=one.toml
twistd --pidfile=two.pid --logfile=two.log wand-node --config=two.toml
wand --control=one.sock status
wand --control=two.sock status
# end of nodes

# again
wand --control=server.sock invite --name=office-two --out=again.invitation
wand --control=two.sock join again.invitation
# end of again

# ping
nsenter --target=$one --net ping -c 3 -i 0.2 10.77.0.2
wand --control=one.sock why office-two
grep door- server.log
ls records
# end of ping

# quiet
nsenter --target=$one --net ip route add 224.0.0.0/4 dev wan0
nsenter --target=$one --net bash -c 'echo who is there? > /dev/udp/224.0.0.252/5355'
wand --control=one.sock counters
# end of quiet

# vxlan
unshare --net python -m wand_handed.give north-tap.sock 02:00:00:00:01:01 10.1.0.1/16 & north=$!
unshare --net python -m wand_handed.give south-tap.sock 02:00:00:00:01:02 10.1.0.2/16 &
twistd --pidfile=north.pid --logfile=north.log wand-node --config=north.toml
twistd --pidfile=south.pid --logfile=south.log wand-node --config=south.toml
wand --control=north.sock table
nsenter --target=$north --net ping -c 3 -i 0.2 10.1.0.2
# end of vxlan
