"""The inventory core: everything the screens, the API and the command line share."""

VERSION = "0.1.0"
