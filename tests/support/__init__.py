"""What several test modules share: a scripted server and one way to drive both clients."""
