/** A complete line, or the notice that one was too long and has been thrown away. */
export type Line = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-long' }

const NEWLINE = 0x0a

/**
 * Cuts a stream of bytes into lines of at most `maxBytes`; the stream may arrive in any pieces. Holds no more than
 * `maxBytes` at a time: of a longer line nothing is kept, and it is told once, when its limit is passed.
 */
export function createLineSplitter(maxBytes: number): (chunk: Uint8Array) => Line[] {
  const held = new Uint8Array(maxBytes)
  const decoder = new TextDecoder()
  let length = 0
  let skipping = false

  function take(part: Uint8Array, lines: Line[]): void {
    if (skipping) return
    if (length + part.length <= maxBytes) {
      held.set(part, length)
      length += part.length
      return
    }
    skipping = true
    length = 0
    lines.push({ kind: 'too-long' })
  }

  return (chunk) => {
    const lines: Line[] = []
    let from = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from)
      take(chunk.subarray(from, end < 0 ? chunk.length : end), lines)
      if (end < 0) return lines
      if (!skipping && length > 0) lines.push({ kind: 'line', text: decoder.decode(held.subarray(0, length)) })
      skipping = false
      length = 0
      from = end + 1
    }
  }
}
