"""Which servers a target contacts: what was set by hand, in the order of the settings."""

from common.transport.trust import ServerAddress, parse_server_url
from target_app.properties import broker_addresses


def server_addresses(server_url: str, broker_list: str) -> tuple[ServerAddress, ...]:
    """Give the addresses that ServerURL and BrokerList name; none when both are empty, and
    then a server that was met before serves. Raises SettingsError."""
    texts = ((server_url,) if server_url else ()) + broker_addresses(broker_list)
    return tuple(parse_server_url(text) for text in texts)
