/** Whether bytes are a whole JPEG picture, by its frame alone: nothing is decoded. @see ITU-T T.81 annex B */
export type JpegCheck =
  | {
      readonly kind: 'picture'
      readonly width: number
      readonly height: number /** To where the picture goes. */
      readonly bytes: number
    }
  | { readonly kind: 'bad'; readonly reason: string }

/** Beyond the largest cameras; a header that claims more is made to exhaust a decoder. */
const MAX_SIDE = 16_384
const MAX_SEGMENTS = 1_024

/** Never throws. */
export function checkJpeg(bytes: Uint8Array): JpegCheck {
  if (bytes.length < 4) return bad('too short')
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return bad('not a JPEG')
  let size: { readonly width: number; readonly height: number } | null = null
  let at = 2
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1
    if (bytes[at] !== 0xff || at + 4 > bytes.length) return bad('damaged before the picture begins')
    const marker = bytes[at + 1]!
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (length < 2) return bad('damaged before the picture begins')
    if (isFrame(marker)) {
      const [height, width] = [word(bytes, at + 5), word(bytes, at + 7)]
      if (length < 8 || !(width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE)) return bad('no size')
      size = { width, height }
    }
    at += 2 + length
    if (marker !== 0xda) continue
    if (!size) return bad('no size')
    const end = endOfPicture(bytes, at)
    return end === null ? bad('cut off') : { kind: 'picture', ...size, bytes: end }
  }
  return bad('too many segments')
}

const bad = (reason: string): JpegCheck => ({ kind: 'bad', reason })
const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

/** SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** After the last end-of-image; `null`: it is missing. Cameras add bytes behind it. */
function endOfPicture(bytes: Uint8Array, from: number): number | null {
  for (let at = bytes.length - 2; at >= from; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return at + 2
  return null
}
