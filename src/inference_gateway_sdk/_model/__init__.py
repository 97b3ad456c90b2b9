"""What every type of the contract can do, written once by hand: the room below `_generated`."""
