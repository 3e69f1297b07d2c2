/** Points of a rendered picture. */
export const VIEW_WIDTH = 480
export const VIEW_HEIGHT = 270
