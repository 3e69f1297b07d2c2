/** CRC-32 of IEEE 802.3 (reflected polynomial EDB88320), as zlib computes it; pure, for the codec of the digitiser. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xed_b8_83_20 : rest >>> 1
  return rest
})

/** CRC-32 of `bytes` from `start` up to, not including, `end`; unsigned. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let rest = 0xff_ff_ff_ff
  for (let i = start; i < end; i++) rest = TABLE[(rest ^ bytes[i]!) & 0xff]! ^ (rest >>> 8)
  return ~rest >>> 0
}
