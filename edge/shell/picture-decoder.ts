import { EdgeError } from '../errors.ts'

/** A camera's picture, reduced to what the image judge takes. */
export interface DecodedPicture {
  readonly width: number
  readonly height: number
  /** Row by row from the top left, 0 black to 255 white. */
  readonly luma: Uint8Array
  /** Mean distance of a point from grey, 0 to 255: below 2 the camera has turned to black and white, as at night. */
  readonly colour: number
}

/** What pictures are reduced to: enough to see a turn by two degrees, and 150 cameras fit into a gateway. */
const MAX_WIDTH = 160
const MAX_HEIGHT = 120
/** A camera of 12 megapixels writes 3 to 6 MB. */
const MAX_BYTES = 8_000_000
/** Decompression bombs: a JPEG of a few kB may claim 65535 x 65535. Cameras have 12 megapixels at most, some 20. */
const MAX_PIXELS = 24_000_000
/** A progressive JPEG can hold scans without end. */
const MAX_SECONDS = 5
/** Waiting pictures are kept as the bytes that came; when either is reached, the picture that comes is refused. */
const MAX_WAITING = 64
const MAX_WAITING_BYTES = 24_000_000

/**
 * A decoder of its own queue: pictures are decoded one at a time, in the order in which they came.
 *
 * The image library is loaded with the first picture: a gateway without cameras does not pay its 20 MB.
 */
export function createPictureDecoder(): (jpeg: Uint8Array) => Promise<DecodedPicture> {
  let waiting = 0
  let waitingBytes = 0
  let last: Promise<unknown> = Promise.resolve()
  return async (jpeg) => {
    checkBytes(jpeg)
    if (waiting >= MAX_WAITING || waitingBytes + jpeg.length > MAX_WAITING_BYTES)
      throw new EdgeError(
        'picture-queue-full',
        `${waiting} pictures of ${waitingBytes} bytes are waiting to be decoded`,
      )
    waiting += 1
    waitingBytes += jpeg.length
    const turn = last.then(() => decode(jpeg))
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      waiting -= 1
      waitingBytes -= jpeg.length
    }
  }
}

/**
 * Turns a camera's JPEG into a small grey picture of at most 160 x 120, its shape kept. One queue for the process, as
 * the library behind it is one for the process.
 * @throws EdgeError `picture-unreadable`, `picture-too-large`, `picture-queue-full`
 */
export const decodePicture: (jpeg: Uint8Array) => Promise<DecodedPicture> = createPictureDecoder()

function checkBytes(jpeg: Uint8Array): void {
  if (jpeg.length > MAX_BYTES)
    throw new EdgeError('picture-too-large', `a picture of ${jpeg.length} bytes; at most ${MAX_BYTES} are decoded`)
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8 || jpeg[2] !== 0xff)
    throw new EdgeError('picture-unreadable', `${jpeg.length} bytes that do not begin as a JPEG does`)
}

async function decode(jpeg: Uint8Array): Promise<DecodedPicture> {
  try {
    const sharp = await loadLibrary()
    const image = sharp(jpeg, { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true })
    const { data, info } = await image
      .timeout({ seconds: MAX_SECONDS })
      .resize(MAX_WIDTH, MAX_HEIGHT, { fit: 'inside', withoutEnlargement: true, kernel: 'linear' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    return reduce(data, info)
  } catch (cause) {
    throw asEdgeError(cause)
  }
}

/** Brightness as JPEG has it. @see ITU-R BT.601 */
function reduce(data: Uint8Array, shape: { width: number; height: number; channels: number }): DecodedPicture {
  const { width, height, channels } = shape
  if (channels < 3) return { width, height, luma: new Uint8Array(data), colour: 0 }
  const luma = new Uint8Array(width * height)
  let distance = 0
  for (let i = 0; i < luma.length; i++) {
    const red = data[i * channels]!
    const green = data[i * channels + 1]!
    const blue = data[i * channels + 2]!
    luma[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue)
    distance += Math.max(red, green, blue) - Math.min(red, green, blue)
  }
  return { width, height, luma, colour: distance / luma.length }
}

function asEdgeError(cause: unknown): EdgeError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
  if (/pixel limit/i.test(reason)) return new EdgeError('picture-too-large', `more than ${MAX_PIXELS} pixels`, cause)
  return new EdgeError('picture-unreadable', `a picture cannot be decoded: ${reason}`, cause)
}

type Library = typeof import('sharp')['default']
let library: Promise<Library> | undefined

/** Of all that the library reads, JPEG alone is left on: what a camera answers is not to be trusted. */
function loadLibrary(): Promise<Library> {
  library ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false)
    sharp.concurrency(1)
    sharp.block({ operation: ['VipsForeignLoad'] })
    sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer'] })
    return sharp
  })
  return library
}
