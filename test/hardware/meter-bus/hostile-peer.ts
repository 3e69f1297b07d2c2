/** A device on a bus that answers anything: noise, pieces, forged frames whose sums are right, floods; or the truth again. */
import { encodeFrame as frame645 } from '@minewarden/hardware/dlt645/frame.ts'
import { encodeFrame as frame698 } from '@minewarden/hardware/dlt698/frame.ts'
import { crc16 } from '@minewarden/hardware/modbus/rtu-frame.ts'
import type { BusDevice, Reply } from '@minewarden/hardware/sim/meters/bus.ts'
import fc from 'fast-check'

export type Move =
  | { readonly kind: 'silence' | 'twice' | 'echo' }
  | { readonly kind: 'noise'; readonly bytes: Uint8Array }
  | { readonly kind: 'cut' | 'flip'; readonly at: number }
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'flood'; readonly bytes: number }
  | {
      readonly kind: 'forged'
      readonly form: 'dlt645' | 'dlt698' | 'modbus'
      readonly code: number
      readonly bytes: Uint8Array
    }

export const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constantFrom('silence' as const, 'twice' as const, 'echo' as const) }),
  fc.record({ kind: fc.constant('noise' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) }),
  fc.record({ kind: fc.constantFrom('cut' as const, 'flip' as const), at: fc.nat(400) }),
  fc.record({ kind: fc.constant('late' as const), ms: fc.nat(4_000) }),
  fc.record({ kind: fc.constant('flood' as const), bytes: fc.integer({ min: 1_000, max: 20_000 }) }),
  ...(['dlt645', 'dlt698', 'modbus'] as const).map((form) =>
    fc.record({
      kind: fc.constant('forged' as const),
      form: fc.constant(form),
      code: fc.nat(255),
      bytes: fc.uint8Array({ maxLength: 200 }),
    }),
  ),
)

export class HostilePeer implements BusDevice {
  readonly #honest: readonly BusDevice[]
  readonly #address: string
  #moves: Move[] = []

  /** @param address under which it forges frames */
  constructor(honest: readonly BusDevice[], address: string) {
    this.#honest = honest
    this.#address = address
  }

  /** One move for each question from now on, then the truth. */
  play(moves: readonly Move[]): void {
    this.#moves = [...moves]
  }

  get isCalm(): boolean {
    return this.#moves.length === 0
  }

  hear(bytes: Uint8Array, now: number): readonly Reply[] {
    const truthful = this.#honest.flatMap((device) => device.hear(bytes, now))
    const next = this.#moves.shift()
    return next ? this.#misbehave(next, bytes, truthful) : truthful
  }

  #misbehave(next: Move, asked: Uint8Array, truthful: readonly Reply[]): readonly Reply[] {
    const first = truthful[0]?.bytes ?? asked
    const say = (bytes: Uint8Array) => [{ bytes, delayMs: 20 }]
    switch (next.kind) {
      case 'silence':
        return []
      case 'twice':
        return say(Uint8Array.from([...first, ...first]))
      case 'echo':
        return say(Uint8Array.from([...asked, ...first]))
      case 'noise':
        return say(next.bytes)
      case 'cut':
        return say(first.slice(0, next.at % (first.length + 1)))
      case 'flip':
        return say(first.map((byte, i) => (i === next.at % first.length ? byte ^ (1 << (next.at & 7)) : byte)))
      case 'late':
        return truthful.map((reply) => ({ ...reply, delayMs: reply.delayMs + next.ms }))
      case 'flood':
        return say(Uint8Array.from({ length: next.bytes }, (_, i) => (i * 7 + (i >> 5)) & 0xff))
      case 'forged':
        return say(this.#forged(next))
    }
  }

  #forged({ form, code, bytes }: Extract<Move, { kind: 'forged' }>): Uint8Array {
    if (form === 'dlt645') return frame645(this.#address, code, bytes)
    if (form === 'dlt698') return frame698({ address: this.#address, client: code, control: 0xc3 }, bytes)
    const body = Uint8Array.from([code & 3, code >> 4, ...bytes])
    const crc = crc16(body)
    return Uint8Array.from([...body, crc & 0xff, crc >> 8])
  }
}
