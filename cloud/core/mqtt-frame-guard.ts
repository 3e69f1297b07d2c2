/**
 * Watches the length of the MQTT packets in a stream of bytes, so that a peer cannot make the parser buffer a packet of
 * up to 256 MB by announcing it. Reads fixed headers only (MQTT 3.1.1, section 2.2) and copies nothing.
 */

/** A CONNECT carries identifiers, a password and a small will. */
export const MAX_UNAUTHENTICATED_PACKET_BYTES = 16 * 1024
/** The largest lawful message is a part of a waveform: 64 KiB and its metrics. */
export const MAX_PACKET_BYTES = 256 * 1024

const LENGTH_MORE = 0x80
const LENGTH_BITS = 0x7f
const MAX_LENGTH_BYTES = 4

export class MqttFrameGuard {
  /** Bytes of the present packet that are still to come. */
  #body = 0
  /** Bytes of the length field that have been seen; -1 before the first byte of a packet. */
  #lengthBytes = -1
  #length = 0

  /** Takes the next bytes; false when they announce a packet longer than `maxBytes` or no length at all. */
  allows(chunk: Uint8Array, maxBytes: number): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#body > 0) {
        const step = Math.min(this.#body, chunk.length - at)
        this.#body -= step
        at += step
      } else if (!this.#header(chunk[at++] as number, maxBytes)) return false
    }
    return true
  }

  #header(byte: number, maxBytes: number): boolean {
    if (this.#lengthBytes < 0) {
      this.#lengthBytes = 0
      this.#length = 0
      return true
    }
    this.#length += (byte & LENGTH_BITS) * 128 ** this.#lengthBytes++
    if (this.#length > maxBytes) return false
    if (byte & LENGTH_MORE) return this.#lengthBytes < MAX_LENGTH_BYTES
    this.#body = this.#length
    this.#lengthBytes = -1
    return true
  }
}
