"""The REST interface, one file for each kind of resource. A handler returns what is to be sent as JSON."""
