/** One line of a file as it stands there, without its end. `whole`: it had one. */
export interface RawLine {
  /** From 1. */
  readonly number: number
  readonly bytes: Uint8Array
  readonly whole: boolean
}

/** An order with its signature is some 100 kB; what is longer was not written by us. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024
const NEWLINE = 0x0a

/** Splits at line feeds and at nothing else: a carriage return that somebody put in is part of the line. Lines over the limit come in pieces that fit no schema. */
export async function* rawLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawLine> {
  let pending: Uint8Array[] = []
  let length = 0
  let number = 0
  const take = (whole: boolean): RawLine => {
    const bytes = pending.length === 1 ? (pending[0] as Uint8Array) : Buffer.concat(pending)
    pending = []
    length = 0
    return { number: ++number, bytes, whole }
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      pending.push(chunk.subarray(from, end))
      from = end + 1
      yield take(true)
    }
    if (from < chunk.length) pending.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > MAX_LINE_BYTES) yield take(false)
  }
  if (length > 0) yield take(false)
}
