"""
The rule of polkit(8) by which a node may tell systemd-resolved where members' names are answered: else only root may.
"""

from __future__ import annotations

from typing import Final

from wand.setup.units import USER

#: Where the rule is that a package brings, and where one is that an administrator has.
PACKAGED_RULE: Final = "/usr/share/polkit-1/rules.d/50-wand.rules"
RULE_PATH: Final = "/etc/polkit-1/rules.d/50-wand.rules"

#: What resolvectl(1) does for a node; see L{wand.names.resolver_hook}, and org.freedesktop.resolve1(5).
_ACTIONS: Final = ("set-dns-servers", "set-domains", "set-default-route", "set-dnssec", "set-dns-over-tls", "revert")

RULE: Final = f"""\
// A node of WanDaemon, which runs as the user {USER}, tells systemd-resolved where names of members are answered.
polkit.addRule(function (action, subject) {{
    var allowed = {[f"org.freedesktop.resolve1.{each}" for each in _ACTIONS]};
    if (subject.user == "{USER}" && allowed.indexOf(action.id) >= 0) {{
        return polkit.Result.YES;
    }}
}});
"""
