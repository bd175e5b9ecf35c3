"""Pictures of grids."""

import numpy as np


def tiles(picture) -> np.ndarray:
    """Cuts a grid of gray images of 8x8, shown 4 times as large, or of 32x32 up:
    `(rows, columns, 32, 32)`.
    """
    rows, columns = (side // 34 for side in picture.shape[:2])
    assert picture.shape == (rows * 34 + 2, columns * 34 + 2, 3)
    cells = picture[2:, 2:, 0].reshape(rows, 34, columns, 34).swapaxes(1, 2)
    return cells[:, :, :32, :32].astype(int)
