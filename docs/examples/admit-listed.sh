#!/bin/sh
# /etc/wand/hooks.d/admit/10-listed: admits the hosts that are listed in /etc/wand/hosts, one name a line.
name=$(sed -n 's/.*"name": "\([a-z0-9-]*\)".*/\1/p')
if ! listed=$(cat "${HOSTS:-/etc/wand/hosts}"); then
    exit 1 # nobody can say now: the node asks again
fi
if ! printf '%s\n' "$listed" | grep -qxF -e "$name"; then
    echo "$name is not in the list of hosts" >&2
    exit 77 # no
fi
