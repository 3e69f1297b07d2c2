/**
 * Data of DL/T 698.45's application layer, self-describing and nested; read with a bounded depth and count, since a
 * damaged meter may claim anything. @see DL/T 698.45-2017, 7.3
 */

export type MeterData =
  | null
  | boolean
  | number
  | bigint
  | string
  | MeterTime
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'bits'; readonly length: number; readonly bytes: Uint8Array }
  | readonly MeterData[]

/** A date and time as the meter's clock shows it, without a zone. */
export interface MeterTime {
  readonly kind: 'time'
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const MAX_DEPTH = 4
const MAX_ITEMS = 256

/** Reads one item after the other; a position beyond the end makes everything after it `undefined`. */
export class DataReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #items = 0
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.at
  }

  byte(): number | undefined {
    return this.left > 0 ? this.#bytes[this.at++] : undefined
  }

  /** An object attribute descriptor: object, attribute, element. */
  descriptor(): number | undefined {
    return this.#take(4, (at) => this.#view.getUint32(at))
  }

  /** `undefined`: damaged, unknown, too deep or too many. */
  data(depth = 0): MeterData | undefined {
    if (depth > MAX_DEPTH || ++this.#items > MAX_ITEMS) return undefined
    const tag = this.byte()
    const fixed = tag === undefined ? undefined : FIXED[tag]
    if (fixed) return this.#take(fixed.bytes, (at) => fixed.read(this.#view, at))
    switch (tag) {
      case 0x00:
        return null
      case 0x01:
      case 0x02:
        return this.#list(depth)
      case 0x04:
        return this.#bits()
      case 0x09:
        return this.#run((bytes) => ({ kind: 'bytes', bytes }))
      case 0x0a:
      case 0x0c:
        return this.#run((bytes) => new TextDecoder().decode(bytes))
      default:
        return undefined
    }
  }

  #take<T>(bytes: number, read: (at: number) => T): T | undefined {
    if (this.left < bytes) return undefined
    const value = read(this.at)
    this.at += bytes
    return value
  }

  #list(depth: number): MeterData | undefined {
    const count = this.byte()
    if (count === undefined || count > MAX_ITEMS) return undefined
    const items: MeterData[] = []
    for (let i = 0; i < count; i++) {
      const item = this.data(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }

  /** Lengths of 128 and more do not occur in what we read. */
  #run(read: (bytes: Uint8Array) => MeterData): MeterData | undefined {
    const length = this.byte()
    if (length === undefined || length > 127) return undefined
    return this.#take(length, (at) => read(this.#bytes.slice(at, at + length)))
  }

  #bits(): MeterData | undefined {
    const length = this.byte()
    if (length === undefined || length > 127) return undefined
    const bytes = Math.ceil(length / 8)
    return this.#take(bytes, (at) => ({ kind: 'bits', length, bytes: this.#bytes.slice(at, at + bytes) }))
  }
}

interface FixedType {
  readonly bytes: number
  readonly read: (view: DataView, at: number) => MeterData
}
const FIXED: { readonly [tag: number]: FixedType } = {
  3: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  5: { bytes: 4, read: (view, at) => view.getInt32(at) },
  6: { bytes: 4, read: (view, at) => view.getUint32(at) },
  15: { bytes: 1, read: (view, at) => view.getInt8(at) },
  16: { bytes: 2, read: (view, at) => view.getInt16(at) },
  17: { bytes: 1, read: (view, at) => view.getUint8(at) },
  18: { bytes: 2, read: (view, at) => view.getUint16(at) },
  20: { bytes: 8, read: (view, at) => view.getBigInt64(at) },
  21: { bytes: 8, read: (view, at) => view.getBigUint64(at) },
  22: { bytes: 1, read: (view, at) => view.getUint8(at) },
  28: { bytes: 7, read: readTime },
}

function readTime(view: DataView, at: number): MeterTime {
  return {
    kind: 'time',
    year: view.getUint16(at),
    month: view.getUint8(at + 2),
    day: view.getUint8(at + 3),
    hour: view.getUint8(at + 4),
    minute: view.getUint8(at + 5),
    second: view.getUint8(at + 6),
  }
}
