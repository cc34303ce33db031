"""
The parts alone, as the original had them: etud, wand and wansd as processes of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.lab import PYTHON, wait
from wand.lab.deployment import Deployment


def test_wandFeedsASeparateEtud(makeNetwork: Callable[..., Deployment]) -> None:
    """
    An etud without directories, fed by a wand over the control socket, is on the Ethernet with a whole node; and an
    etud that is killed and started again is fed again.
    """
    network = makeNetwork(count=2, protocol="rel2")
    directory = network.lab.directory
    whole, parts = network.topology.nodes
    host = network.hosts[parts.name]
    text = network.files.configuration(parts).read_text()
    servers = next(line for line in text.splitlines() if line.startswith("servers"))
    etudFile, wandFile = directory / "etud.toml", directory / "wand.toml"
    etudFile.write_text(text.replace(servers, ""))
    wandFile.write_text(f'{servers}\netud = "{network.files.control(parts)}"\n')
    wansdFile = directory / "wansd.toml"
    wansdFile.write_text(f'state = "{directory}/wansd"\n')

    network.hosts["server"].start("wansd", *PYTHON, "twisted", "wansd", "--config", str(wansdFile))
    network.start(whole)
    etud = host.start("etud", *PYTHON, "twisted", "etud", "--config", str(etudFile))
    host.start("wand", *PYTHON, "twisted", "wand", "--config", str(wandFile))
    wait(lambda: network.ping(parts, [whole]), 15, "the first echo")

    etud.kill()
    host.start("etud", *PYTHON, "twisted", "etud", "--config", str(etudFile))
    wait(lambda: network.ping(parts, [whole]), 15, "an echo after etud came back")
