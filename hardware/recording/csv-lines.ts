/** Longest line of a CSV file that is read; the power table needs about 120 characters. */
export const MAX_LINE_BYTES = 4096

export interface CsvLine {
  /** Counted from 1, the header is line 1. */
  readonly number: number
  /** The line without its end; `null` when it was longer than `MAX_LINE_BYTES` (its content is dropped). */
  readonly text: string | null
}

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Cuts bytes into lines; a line may be spread over chunks. Empty lines are left out, a byte order mark too.
 * Holds at most one line, whatever the input.
 */
export function* csvLines(chunks: Iterable<Uint8Array>): Generator<CsvLine> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const line = new Uint8Array(MAX_LINE_BYTES)
  let length = 0
  let number = 1
  const take = (): CsvLine | null => {
    const taken = length
    length = 0
    if (taken > MAX_LINE_BYTES) return { number: number++, text: null }
    const end = line[taken - 1] === CARRIAGE_RETURN && taken > 0 ? taken - 1 : taken
    let text = decoder.decode(line.subarray(0, end))
    if (number === 1 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1)
    number++
    return text === '' ? null : { number: number - 1, text }
  }
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, at)
      const end = newline < 0 ? chunk.length : newline
      if (length + end - at <= MAX_LINE_BYTES) line.set(chunk.subarray(at, end), length)
      length = Math.min(MAX_LINE_BYTES + 1, length + end - at)
      at = end + 1
      const taken = newline < 0 ? null : take()
      if (taken) yield taken
    }
  }
  const last = length > 0 ? take() : null
  if (last) yield last
}
