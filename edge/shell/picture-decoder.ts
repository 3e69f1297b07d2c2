import { EdgeError } from '../errors.ts'

/** A picture's brightness, as the image judge takes it. */
export interface DecodedPicture {
  readonly width: number
  readonly height: number
  /** Row by row from the top left, 0 black to 255 white. */
  readonly luma: Uint8Array
}

/**
 * Turns a camera's JPEG into a small grey picture of at most 160 x 120. Pictures are decoded one at a time.
 * @throws EdgeError `picture-unreadable`, `picture-too-large`, `picture-queue-full`
 */
export async function decodePicture(jpeg: Uint8Array): Promise<DecodedPicture> {
  throw new EdgeError('picture-unreadable', `no decoder for ${jpeg.length} bytes`)
}
