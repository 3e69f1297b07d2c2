/** What came of the bytes: a sound line, or bytes that belong to none. */
export type Decoded =
  | { readonly kind: 'frame'; readonly number: number; readonly hundredthsPa: number }
  | { readonly kind: 'discarded'; readonly bytes: number }

const START = 0x50
const END = 0x0a
/** `P,65535,-9999999*FF`, carriage return and line feed, and some to spare; more without an end is noise. */
const LONGEST = 24
const LINE = /^(P,(\d{1,5}),(-?\d{1,7}))\*([0-9A-F]{2})\r?\n$/

/** Finds lines `P,<number>,<hundredths of a pascal>*<checksum>` in bytes of any chunking. Keeps less than a line. */
export class LineDecoder {
  #kept: number[] = []
  #discarded = 0

  push(bytes: Uint8Array): Decoded[] {
    const out: Decoded[] = []
    for (const byte of bytes) {
      // No line holds a second P: whatever came before this one was torn.
      if (byte === START || this.#kept.length >= LONGEST) this.#discard()
      if (byte !== START && this.#kept.length === 0) {
        this.#discarded += 1
        continue
      }
      this.#kept.push(byte)
      if (byte !== END) continue
      const frame = parseLine(String.fromCharCode(...this.#kept))
      if (!frame) this.#discard()
      this.#kept = []
      this.#tellDiscarded(out)
      if (frame) out.push(frame)
    }
    this.#tellDiscarded(out)
    return out
  }

  #discard(): void {
    this.#discarded += this.#kept.length
    this.#kept = []
  }

  #tellDiscarded(out: Decoded[]): void {
    if (this.#discarded > 0) out.push({ kind: 'discarded', bytes: this.#discarded })
    this.#discarded = 0
  }
}

/** @returns `null` when it is no sound line */
function parseLine(text: string): Decoded | null {
  const [, body = '', number, hundredthsPa, checksum] = LINE.exec(text) ?? []
  if (Number.parseInt(checksum ?? '', 16) !== xorOf(body) || Number(number) > 0xffff) return null
  return { kind: 'frame', number: Number(number), hundredthsPa: Number(hundredthsPa) }
}

const xorOf = (body: string): number => [...body].reduce((sum, char) => sum ^ char.charCodeAt(0), 0)
