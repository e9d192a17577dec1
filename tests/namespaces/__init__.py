"""Programs on several computers of one network: namespaces of Linux, joined by veth pairs."""
