import { type MeterRegister, REGISTERS_OF } from './profile.ts'

/** What one value needs to be read from its registers. */
type Coding = Pick<MeterRegister, 'type' | 'wordOrder' | 'byteOrder'>

/**
 * The raw number in the first registers of `words`, before its factor; may be NaN or infinite.
 * @param words at least as many as the type takes, each 0..65535
 */
export function decodeValue(words: ArrayLike<number>, { type, wordOrder, byteOrder }: Coding): number {
  const count = REGISTERS_OF[type]
  const view = new DataView(new ArrayBuffer(8))
  for (let i = 0; i < count; i++) {
    const word = words[wordOrder === 'high-first' ? i : count - 1 - i] ?? 0
    view.setUint16(2 * i, word, byteOrder === 'low-first')
  }
  switch (type) {
    case 'uint16':
      return view.getUint16(0)
    case 'int16':
      return view.getInt16(0)
    case 'uint32':
      return view.getUint32(0)
    case 'int32':
      return view.getInt32(0)
    case 'float32':
      return view.getFloat32(0)
    case 'uint64':
      return Number(view.getBigUint64(0))
    case 'int64':
      return Number(view.getBigInt64(0))
    case 'float64':
      return view.getFloat64(0)
  }
}
