/** One packet of a Raspberry Shake's datacast: a quarter of a second of one channel. */
export interface DatacastPacket {
  /** SEED channel code. */
  readonly channel: string
  /** Time of the first sample, milliseconds since 1970. */
  readonly startMs: number
  readonly samples: Int32Array
}

export type ParsedPacket =
  | { readonly kind: 'packet'; readonly packet: DatacastPacket }
  | { readonly kind: 'bad'; readonly reason: string }

/** What a datagram of it can be: readers of the format take 4096 bytes. */
export const MAX_PACKET_BYTES = 4096
const MAX_SAMPLES = 1024
const HEAD = /^\{ ?'([A-Z][A-Z0-9]{2})' ?, ?(\d{9,10}(?:\.\d{1,6})?) ?,/
const COUNT = /^ ?(-?\d{1,10}) ?$/

/**
 * Reads a packet: `{'EHZ', 1582315130.292, 14168, 14927, 16112}`: channel, seconds since 1970, counts. Strict: the
 * protocol has neither check sum nor length, so one character that does not belong makes the packet worthless.
 * @see Raspberry Shake manual, "Data Producer UDP Port Output"; rsudp documentation, "Message types", data
 */
export function parsePacket(bytes: Uint8Array): ParsedPacket {
  if (bytes.length > MAX_PACKET_BYTES) return bad('too long')
  if (bytes.some((byte) => byte < 0x20 || byte > 0x7e)) return bad('not text')
  const text = String.fromCharCode(...bytes).trim()
  const head = HEAD.exec(text)
  if (!head || !text.endsWith('}')) return bad('no datacast packet')
  const words = text.slice(head[0].length, -1).split(',')
  if (words.length > MAX_SAMPLES) return bad('too many samples')
  const samples = new Int32Array(words.length)
  for (const [i, word] of words.entries()) {
    const count = Number(COUNT.exec(word)?.[1] ?? Number.NaN)
    if (count !== (count | 0)) return bad(`sample ${i + 1} is no count`)
    samples[i] = count
  }
  return { kind: 'packet', packet: { channel: head[1]!, startMs: Number(head[2]) * 1000, samples } }
}

const bad = (reason: string): ParsedPacket => ({ kind: 'bad', reason })
