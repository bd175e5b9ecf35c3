"""What no file may do to those who read it."""


class Bomb:
    """An object that runs code where it is unpickled."""

    exploded = False

    def __reduce__(self):
        return setattr, (Bomb, "exploded", True)
