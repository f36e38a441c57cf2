import pytest

from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Segment
from netwatch.simulation.synthetic import ProviderPlan, generate


class Places:
    """Where to break things in the generated provider, found by what they are rather than by name."""

    def __init__(self, inventory):
        self.inventory = inventory
        self.topology = Topology(inventory)

    def serving(self, *roles):
        return [d.id for d in self.inventory.devices.values() if d.role in roles]

    def tree_parent(self):
        """An access device with others behind it, and the trunk that feeds it."""
        whole = len(self.inventory.devices)
        for device in self.serving("access"):
            for edge in self.topology.edges[device]:
                lit = self.topology.reachable(self.inventory.monitor.attached_to, (), (edge.link,))
                lost = set(self.inventory.devices) - lit
                if device in lost and len(lost) > 1 and len(lit) < whole:
                    return device, edge.link
        raise AssertionError("the provider has no tree")

    def leaf(self):
        return next(d for d in self.serving("access") if len(self.topology.edges[d]) == 1)

    def shared_duct(self):
        ducts = {}
        for link in self.inventory.links.values():
            for duct in link.ducts:
                ducts.setdefault(duct, []).append(link.id)
        return max(ducts.items(), key=lambda item: (len(item[1]), item[0]))

    def business(self):
        return next(
            c for c, (s,) in self.inventory.customers.items()
            if s.segment is Segment.BUSINESS and not s.backup
            and self.inventory.devices[s.primary.device].role == "access"
        )  # fmt: skip


@pytest.fixture(scope="session")
def provider():
    return generate(ProviderPlan(60, seed=2))


@pytest.fixture(scope="session")
def places(provider):
    return Places(provider)
